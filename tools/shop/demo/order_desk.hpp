// Keeps book of who ordered what and decides which order an invoice that cancels is about.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::tool {

/// Not thread safe.
class OrderDesk {
public:
  enum class Status {
    open,  ///< its end is not known yet
    confirmed,
    cancelled,
    refused,  ///< never placed
  };

  /// A cancellation whose turn has come.
  struct Cancellation {
    std::string invoice;
    std::string order_id;  ///< empty: there is nothing to cancel
  };

  /// Orders of one customer are to be added in the order in which they were made. `customer` is
  /// empty for a guest, who has no orders later.
  void add_order(const std::string& order_id, const std::string& customer);

  bool knows(const std::string& order_id) const { return orders_.contains(order_id); }

  /// The customer wants the newest confirmed of the orders added so far cancelled, as soon as all
  /// of them have ended.
  void add_cancellation(const std::string& invoice, const std::string& customer);

  /// True when the order was open until now. A confirmed order may be cancelled later; nothing else
  /// changes an end.
  bool end_order(const std::string& order_id, Status status);

  /// The cancellations whose turn has come, each once.
  std::vector<Cancellation> take_due();

private:
  struct Order {
    std::string customer;
    Status status = Status::open;
    bool cancelling = false;
  };
  struct Waiting {
    std::string invoice;
    std::size_t orders_before = 0;
  };
  struct Customer {
    std::vector<std::string> orders;
    std::size_t ended = 0;  // that many of the first orders, without a gap
    std::deque<Waiting> waiting;
  };

  void serve(Customer& customer);
  std::string newest_confirmed(const Customer& customer, std::size_t orders_before);

  std::unordered_map<std::string, Order> orders_;
  std::unordered_map<std::string, Customer> customers_;
  std::vector<Cancellation> due_;
};

}  // namespace troupe::tool
