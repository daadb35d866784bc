// Looks now and then whether what waits in a context's streams gets on.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <troupe/model.hpp>
#include "runtime/base/steady_time.hpp"
#include "runtime/base/strand.hpp"
#include "runtime/ports/backlogs.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/conditions.hpp"

namespace troupe::engine {

/// What waits in a context's streams; facts of the cluster, which outlive every node.
struct BacklogStats {
  std::map<std::string, Pending> consumers{};
  std::map<std::string, Pending> effects{};  ///< open calls, by effect
  std::optional<Pending> parked{};
};

/// Progress is the criterion: a backlog that shrinks is none of its business, and what has not
/// moved in two looks while its oldest waits for longer than `patience` is a condition. One node of
/// each context looks, the one that keeps it; the others say nothing.
///
/// Thread safety: stats from any thread, start and stop from one.
class BacklogWatch {
public:
  /// Whatever is asked for by an event should be done within this.
  static constexpr std::chrono::seconds patience{20};

  struct Dependencies {
    Backlogs& backlogs;
    const Clock& clock;
    Conditions& conditions;
    std::chrono::milliseconds look_every;
    std::function<bool()> is_keeper;
  };
  /// A subscription of the context to `source`'s events.
  struct Reaction {
    Token source;
    Token consumer;
  };

  BacklogWatch(Dependencies deps, const ContextModel& model, std::vector<Reaction> reactions);
  ~BacklogWatch() { stop(); }

  void start();
  /// Waits for one answer at most.
  void stop();

  /// As of the last look; empty where another node looks.
  BacklogStats stats() const;

private:
  /// How far a consumer was, and since when it has not moved.
  struct Seen {
    std::uint64_t done_up_to = 0;
    SteadyTime since;
  };
  struct Effect {
    Token aggregate;
    Token stored_name;
    std::string name;
  };

  void look_and_go_on();
  void look();
  void forget();
  bool look_at_consumers();
  bool look_at_effects();
  void look_at_streams();
  bool look_at_consumer(const std::string& name, const std::string& what,
                        const Result<std::optional<ConsumerBacklog>>& found);
  void show(const std::function<void(BacklogStats&)>& found);
  void judge(const std::string& name, const std::string& what, const ConsumerBacklog& found);
  void judge_parked(const Pending& parked);
  void say(const ConditionKind& kind, const std::string& part, std::string sentence,
           std::optional<Time> since = {});

  const Dependencies deps_;
  const Token context_;
  const std::vector<Reaction> reactions_;
  std::vector<Effect> effects_;
  const bool timers_;
  std::atomic<bool> stopping_{false};
  bool looked_ = false;               // of the strand: has perhaps something to take back
  std::map<std::string, Seen> seen_;  // of the strand, by consumer
  mutable std::mutex mutex_;
  BacklogStats stats_;  // under mutex_
  Strand strand_;       // last
};

}  // namespace troupe::engine
