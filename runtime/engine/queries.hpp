// Answers questions from the views of a context, after they have reached what the asker wrote.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/domain/model.hpp"
#include "runtime/engine/watchdog.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/query_bus.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::engine {

/// How far the views of a context are, and who waits for them.
/// Thread safety: any method from any thread.
class ViewPositions {
public:
  using Reached = std::function<void()>;

  explicit ViewPositions(std::size_t views) : positions_(views, 0) {}

  /// Up to where all views reflect the stream; 0 when there is no view.
  std::uint64_t slowest() const;

  void moved(std::size_t view, std::uint64_t position);

  /// Runs `reached` once all views are there: at once, or from the thread that moves the last one.
  void when(std::uint64_t position, std::chrono::steady_clock::time_point deadline,
            Reached reached);

  /// Gives up those whose deadline is over: they run too, to find that out.
  void expire(std::chrono::steady_clock::time_point now);

private:
  struct Waiter {
    std::chrono::steady_clock::time_point deadline;
    Reached reached;
  };

  std::uint64_t slowest_locked() const;

  mutable std::mutex mutex_;
  std::vector<std::uint64_t> positions_;          // under mutex_
  std::multimap<std::uint64_t, Waiter> waiters_;  // under mutex_, by position
};

/// A few threads that read views. Thread safety: ask and expire from any thread.
class Queries {
public:
  struct Context {
    const ContextModel* model = nullptr;
    ViewPositions* positions = nullptr;
  };

  Queries(ViewStore& views, const Clock& clock, Watchdog& watchdog, std::size_t threads,
          std::size_t waiting_max, std::map<std::string, Context> contexts);
  ~Queries();  ///< stops

  void ask(QueryCall call, QueryBus::Answered answered);
  /// Answers those whose deadline is over while they wait for a position.
  void expire();
  /// Answers everybody who waits with 503.
  void stop();

private:
  struct Waiting {
    QueryCall call;
    const Context* context = nullptr;
    const QueryModel* query = nullptr;
    QueryBus::Answered answered;
  };

  /// Nothing when a further question may wait.
  std::optional<QueryOutcome> enter();
  void enqueue(std::shared_ptr<Waiting> waiting);
  void run();
  QueryOutcome answer(const Waiting& waiting) const;

  ViewStore& views_;
  const Clock& clock_;
  Watchdog& watchdog_;
  const std::size_t waiting_max_;
  const std::map<std::string, Context> contexts_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Waiting>> ready_;  // under mutex_
  std::size_t waiting_ = 0;                     // under mutex_: asked and not answered
  bool stopped_ = false;                        // under mutex_
  std::vector<std::thread> threads_;            // last: run from construction
};

}  // namespace troupe::engine
