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
#include "runtime/engine/view_positions.hpp"
#include "runtime/engine/watchdog.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/query_bus.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::engine {

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
