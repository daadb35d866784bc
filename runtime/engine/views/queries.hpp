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

#include <troupe/model.hpp>
#include "runtime/engine/health/counters.hpp"
#include "runtime/engine/health/watchdog.hpp"
#include "runtime/engine/views/view_positions.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/query_bus.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::engine {

/// A few threads that read views, for each context in turn. What waits is bounded for each context
/// alone, so that questions to one keep out none to another.
/// Thread safety: ask and expire from any thread.
class Queries {
public:
  /// A context's log may have so much more in it than this node has seen.
  static constexpr std::uint64_t unseen_max = 10'000'000;

  struct Context {
    const ContextModel* model = nullptr;
    ViewPositions* positions = nullptr;
    const Counters* counters = nullptr;
    std::function<bool()> another_program;  ///< runs the context on other nodes
  };

  /// `waiting_max`: questions of one context that are asked and not answered; above it the answer
  /// is 429 at once.
  Queries(ViewStore& views, const Clock& clock, Watchdog& watchdog, std::size_t threads,
          std::size_t waiting_max, const std::map<std::string, Context>& contexts);
  ~Queries();  ///< stops

  void ask(QueryCall call, QueryBus::Answered answered);
  /// Answers those whose deadline is over while they wait for a position.
  void expire();
  /// Answers everybody who waits with 503.
  void stop();

private:
  struct Waiting;
  /// The questions to one context.
  struct Line {
    Context context;
    std::deque<std::shared_ptr<Waiting>> ready{};  // under mutex_
    std::size_t waiting = 0;                       // under mutex_: asked and not answered
  };
  struct Waiting {
    QueryCall call;
    Line& line;
    const QueryModel* query = nullptr;
    QueryBus::Answered answered;
  };

  /// Why it cannot be answered whatever the views hold, or nothing.
  static std::optional<QueryOutcome> refused(const QueryCall& call, const Context& context);
  /// Nothing when a further question may wait.
  std::optional<QueryOutcome> enter(Line& line);
  void waited(const std::shared_ptr<Waiting>& waiting, ViewPositions::Waited how);
  void finish(Waiting& waiting, const QueryOutcome& outcome);
  void run();
  QueryOutcome answer(const Waiting& waiting) const;

  ViewStore& views_;
  const Clock& clock_;
  Watchdog& watchdog_;
  const std::size_t waiting_max_;
  std::map<std::string, Line> lines_;  // constant, but for what is under mutex_
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Line*> turns_;           // under mutex_: each line that has somebody ready, once
  std::size_t waiting_ = 0;           // under mutex_: in all lines
  bool stopped_ = false;              // under mutex_
  std::vector<std::thread> threads_;  // last: run from construction
};

}  // namespace troupe::engine
