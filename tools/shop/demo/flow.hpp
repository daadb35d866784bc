// What has become of every order, folded from the commits of all four contexts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "troupe/v1/commit.pb.h"

namespace troupe::tool {

struct FlowCounts {
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t placed = 0;
  std::uint64_t standing = 0;   ///< confirmed and not cancelled afterwards
  std::uint64_t cancelled = 0;  ///< for any reason
  std::uint64_t refunds = 0;
  std::uint64_t restocks = 0;                    ///< lines
  std::map<std::string, std::uint64_t> reasons;  ///< of cancellations
};

enum class OrderFate { open, confirmed, cancelled };

/// The commits of one instance must come in their order; those of different instances may come in
/// any, since the contexts' streams are read side by side. Not thread safe.
class Flow {
public:
  /// An order whose fate a commit changed.
  struct Change {
    std::string order_id;
    OrderFate fate = OrderFate::open;
  };

  using IsOwn = std::function<bool(const std::string& order_id)>;

  /// Of orders that are not its own, such as those of whoever makes faults, only the mails count.
  explicit Flow(IsOwn is_own = {}) : is_own_(std::move(is_own)) {}

  std::vector<Change> apply(const v1::Commit& commit);

  const FlowCounts& counts() const noexcept { return counts_; }

  /// What is still to come, as a sentence's end such as "3 payments and 2 mails"; empty when all
  /// that was begun has ended: money taken or given back, pieces shipped or given back, mails sent.
  std::string unsettled() const;

private:
  /// How far the three parts of an order have come.
  struct Parts {
    bool placed = false;
    OrderFate fate = OrderFate::open;
    enum class Payment { running, captured, nothing_kept } payment = Payment::running;
    enum class Goods { running, shipped, given_back } goods = Goods::running;

    bool payment_settled() const;
    bool goods_settled() const;
  };
  struct Event;

  void apply_order(const Event& event, std::vector<Change>& changes);
  void apply_payment(const Event& event);
  void apply_reservation(const Event& event);
  void apply_stock(const Event& event);
  void apply_notification(const Event& event);

  const IsOwn is_own_;
  FlowCounts counts_;
  std::unordered_map<std::string, Parts> orders_;
  // What was asked for less what came of it; each may be negative for a moment.
  std::int64_t stock_answers_due_ = 0;
  std::int64_t reserved_lines_ = 0;
  std::int64_t restocks_due_ = 0;
  std::int64_t mails_due_ = 0;
};

}  // namespace troupe::tool
