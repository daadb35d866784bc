// What a check found: violations with their witnesses, what could not be checked, and what was
// seen.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace troupe::check {

struct Invariant {
  std::string_view id;
  std::string_view rule;
};

/// Those of the runtime, which hold for any domain. A program numbers its own between or behind
/// them.
inline constexpr std::array<Invariant, 20> invariants{{
    {"I1", "the log is well formed: versions, types and the hash chain have no gap"},
    {"I2", "what was acknowledged is in the log, where the answer said"},
    {"I3", "no command happened twice"},
    {"I4", "nothing happened that nobody asked for"},
    {"I5", "what was rejected did not happen"},
    {"I6", "what was left unknown happened whole or not at all"},
    {"I7", "what was acknowledged before a command was sent stands before it"},
    {"I8", "refusals were right on a version that was current"},
    {"I9", "who wrote had claimed the slot"},
    {"I15", "views are what the log says"},
    {"I16", "a view does not go back before its reader's eyes"},
    {"I17", "every event had its effect on those who react to it, in order"},
    {"I18",
     "nothing is stuck: no pending events, no timers that nobody takes, only poison is parked"},
    {"I19", "two owners of a slot at a time only where a fault explains it"},
    {"I20", "no stream went back, and its replicas are level"},
    {"I21", "memory, threads and descriptors are back where they were"},
    {"I22", "subjects and headers are as the wire contract has them"},
    {"I23", "no interruption is longer than its fault allows"},
    {"I24", "another version of the program folds the same states"},
    {"I25", "states are a function of the events alone"},
}};

struct Violation {
  std::string invariant;
  std::string sentence;
  std::string witness;  ///< the smallest thing to look at, such as evt.billing.account.a-1@2
};

struct NotChecked {
  std::string invariant;
  std::string why;
};

class Report {
public:
  /// Of each invariant so many violations are kept; the others are only counted.
  static constexpr std::uint64_t violations_kept_max = 20;

  /// `own`: the program's invariants, beside those of the runtime.
  explicit Report(const std::vector<Invariant>& own = {});

  /// All that is checked, in the order of their numbers.
  const std::vector<Invariant>& rules() const { return rules_; }

  void violated(std::string_view invariant, std::string sentence, std::string witness);
  void not_checked(std::string_view invariant, std::string why);
  void count(std::string_view counter, std::uint64_t by = 1);

  bool passed() const { return violations_.empty(); }
  const std::vector<Violation>& violations() const { return violations_; }
  const std::vector<NotChecked>& not_checked() const { return not_checked_; }
  /// How many violations of an invariant were found.
  std::uint64_t found(std::string_view invariant) const;
  const std::map<std::string, std::uint64_t, std::less<>>& counters() const { return counters_; }

private:
  std::vector<Invariant> rules_;
  std::vector<Violation> violations_;
  std::map<std::string, std::uint64_t, std::less<>> found_;  // by invariant
  std::vector<NotChecked> not_checked_;
  std::map<std::string, std::uint64_t, std::less<>> counters_;
};

/// A table for people, violations with their witnesses below it; without a line end.
std::string to_text(const Report& report);
nlohmann::json to_json(const Report& report);

}  // namespace troupe::check
