// What keeps a node, or a context on it, from working as it should, for as long as it does.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/ports/clock.hpp"

namespace troupe {

enum class Severity {
  unready,  ///< another node would do better, or nothing works at all
  remark,   ///< what all nodes share, or what leaves the rest working: a ready node says it
};

/// Who has to do something; decides how loudly the beginning is logged.
enum class Urgency {
  none,   ///< nobody: a part of normal life, such as a start
  watch,  ///< nobody yet: it passes when the world is well again
  act,    ///< it stays until somebody does what the sentence says
};

/// What can be wrong. Alerts are built on the code: it never changes its meaning.
struct ConditionKind {
  std::string_view code;
  Severity severity = Severity::remark;
  Urgency urgency = Urgency::watch;
};

/// One thing that is wrong now.
struct Condition {
  std::string code;
  Severity severity = Severity::remark;
  std::string context;   ///< empty: the whole node
  std::string part;      ///< which of several: a view, a consumer, an effect; may be empty
  std::string sentence;  ///< what is wrong and what to do
  Time since;
};

/// All conditions of one node: the only source of /readyz, and part of /info, /metrics and the log,
/// which gets a line when one begins and one when it ends. A new sentence alone is not logged.
///
/// Levels, not events: whoever sets a condition also clears it. At most `kept_max` are kept; beyond
/// it a remark says so, and unready ones push out remarks.
///
/// Thread safety: any method from any thread.
class Conditions {
public:
  static constexpr std::size_t kept_max = 256;

  explicit Conditions(const Clock& clock) : clock_(clock) {}
  Conditions(const Conditions&) = delete;
  Conditions& operator=(const Conditions&) = delete;

  /// Begins the condition, or renews its sentence. `since`: when it is known to have begun before
  /// it was noticed.
  void set(const ConditionKind& kind, std::string_view context, std::string_view part,
           std::string sentence, std::optional<Time> since = {});
  /// For what shows by single events: is over when it was not set again for so long.
  void set_for(std::chrono::milliseconds lasts, const ConditionKind& kind, std::string_view context,
               std::string_view part, std::string sentence);
  void clear(const ConditionKind& kind, std::string_view context, std::string_view part = {});

  /// All parts of these.
  void clear_all(std::string_view context, std::span<const ConditionKind> kinds);

  /// What it says now, or nothing when it does not hold.
  std::string sentence(const ConditionKind& kind, std::string_view context,
                       std::string_view part = {}) const;
  /// Unready ones first, and of each severity the oldest first.
  std::vector<Condition> all() const;

  /// Ends those whose time is over. Called now and then by whoever owns this.
  void expire();
  /// The node stops: what ends from now on is not logged.
  void mute();

private:
  using Steady = std::chrono::steady_clock::time_point;
  using Key = std::tuple<std::string, std::string, std::string>;  // code, context, part
  struct Held {
    Condition condition;
    Steady until = Steady::max();
  };

  void put(const ConditionKind& kind, std::string_view context, std::string_view part,
           std::string sentence, Steady until, std::optional<Time> since);
  bool make_room(Severity severity);
  template <class Meant>
  void end_those(const Meant& meant);
  void log_end(const Condition& condition) const;

  const Clock& clock_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<Key, Held> held_;
  bool some_left_out_ = false;
  bool muted_ = false;
};

/// One condition in the hands of its owner, whose end clears it.
/// Thread safety: any method from any thread.
class OwnCondition {
public:
  /// REQUIRES: `all` outlives it.
  OwnCondition(Conditions& all, const ConditionKind& kind, std::string context,
               std::string part = {});
  ~OwnCondition() { clear(); }
  OwnCondition(const OwnCondition&) = delete;
  OwnCondition& operator=(const OwnCondition&) = delete;

  void set(std::string sentence, std::optional<Time> since = {}) {
    all_.set(kind_, context_, part_, std::move(sentence), since);
  }
  void clear() { all_.clear(kind_, context_, part_); }
  /// Sets it to the sentence, or clears it when that is empty.
  void show(std::string what) { what.empty() ? clear() : set(std::move(what)); }
  /// Empty when it does not hold.
  std::string sentence() const { return all_.sentence(kind_, context_, part_); }
  bool holds() const { return !sentence().empty(); }

private:
  Conditions& all_;
  const ConditionKind kind_;
  const std::string context_;
  const std::string part_;
};

bool any_unready(const std::vector<Condition>& conditions);

}  // namespace troupe
