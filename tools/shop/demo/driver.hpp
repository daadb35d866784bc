// Drives invoices through the system: stocks the articles, places the orders, cancels as invoices
// ask for it, and waits until nothing is left to happen.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/figures/histogram.hpp"
#include "tools/shop/demo/client_pool.hpp"
#include "tools/shop/demo/flow.hpp"
#include "tools/shop/demo/order_desk.hpp"
#include "tools/shop/orders/invoice.hpp"

namespace troupe::tool {

/// How far a run has come.
struct DriveProgress {
  std::uint64_t invoices = 0;  ///< in all
  std::uint64_t ended = 0;     ///< of them
  FlowCounts flow;
};

/// What a run came to.
struct DriveResult {
  FlowCounts flow;
  std::uint64_t rejected = 0;
  std::map<std::string, std::uint64_t> rejections;  ///< by the code that comes first in their text
  std::uint64_t nothing_to_cancel = 0;
  std::uint64_t commands = 0;  ///< sent by the clients; repeats are not counted
  double seconds = 0;
  Histogram order_times;                ///< from placing an order to its first end
  std::map<std::string, double> cpu_s;  ///< by process, while it was driven
  std::vector<std::string> problems;    ///< one sentence each; none when everything has ended
};

struct DriverOptions {
  /// Orders that are being placed or wait for their end; over it the next one waits.
  std::size_t open_orders_max = 64;
  /// Clients that send side by side.
  std::size_t clients = 8;
  Patience patience{};
  /// Without a commit for this long the run is given up.
  std::chrono::seconds quiet_max{120};
  /// At most so many invoices are begun in a second; 0: as fast as it goes. What an outage costs is
  /// not made up for.
  double invoices_per_second = 0;
  /// Once false, no further invoice is begun; the open ones are driven to their end.
  std::function<bool()> may_begin{};
  /// Hears of every command before it is sent the first time, under the driver's lock.
  std::function<void(const Wish&)> on_submit{};
  /// Runs in run() once the last invoice is begun; returns problems.
  std::function<std::vector<std::string>()> on_begun{};
};

/// Thread safe; run() is for once.
class Driver {
public:
  /// More are counted only.
  static constexpr std::size_t problems_max = 20;

  Driver(CommandSender& sender, check::History& history, StopFlag& stop,
         DriverOptions options = {});

  /// Blocks until everything has ended or cannot end. apply() must meanwhile be fed with all
  /// commits of all contexts.
  DriveResult run(const std::vector<Invoice>& invoices,
                  const std::map<std::string, std::int64_t>& stock);

  /// Commits of one context, in the order of its stream.
  void apply(const std::vector<v1::Commit>& commits);

  /// Ends run() soon, with this problem.
  void give_up(const std::string& problem);

  DriveProgress progress() const;

private:
  void fill_stock(const std::map<std::string, std::int64_t>& stock);
  bool may_begin();
  void submit(Wish wish, ClientPool::Done done);
  void place(const Invoice& invoice);
  void note_placed(const std::string& order_id, const Outcome& outcome);
  void submit_due_cancellations();
  void note_cancelled(const std::string& invoice, const Outcome& outcome);
  void note_rejection(const Rejected& rejection);
  void note_problem(const std::string& problem);
  void end_order(const std::string& order_id, OrderDesk::Status status);
  template <class Predicate>
  bool wait_until(std::unique_lock<std::mutex>& lock, Predicate holds);
  bool all_ended() const;

  const DriverOptions options_;
  StopFlag& stop_;
  std::chrono::steady_clock::time_point next_begin_{};  // of run()'s thread

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  OrderDesk desk_;
  Flow flow_{[this](const auto& order_id) { return desk_.knows(order_id); }};
  std::size_t stock_pending_ = 0;
  std::size_t open_orders_ = 0;
  std::unordered_map<std::string, std::chrono::steady_clock::time_point> placed_at_;  // open ones
  std::uint64_t orders_accepted_ = 0;
  std::uint64_t invoices_ = 0;
  std::uint64_t invoices_ended_ = 0;
  bool given_up_ = false;
  DriveResult result_;

  ClientPool pool_;  // last: its threads use the rest
};

}  // namespace troupe::tool
