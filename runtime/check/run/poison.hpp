// Which instances whoever makes faults has poisoned, and what became of them: the one place that
// says what is excused on their account.
#pragma once

#include <set>
#include <string>
#include <tuple>

#include "runtime/check/run/run.hpp"

namespace troupe::check {

/// A poisoned instance begins with a commit that no node wrote and that a reaction cannot handle.
/// That commit and whatever follows on the instance is parked by that reaction's consumer; all
/// others handle it.
class Poison {
public:
  explicit Poison(const FinishedRun& run);

  /// evt. subjects.
  const std::set<std::string>& subjects() const { return subjects_; }
  bool concerns(const std::string& subject) const { return subjects_.contains(subject); }
  /// True of the commit that was put into the log past all nodes and clients.
  bool wrote(const std::string& subject, std::uint64_t first_version) const {
    return first_version == 1 && concerns(subject);
  }

  /// True if the consumer has parked that message; not only poison can be.
  bool parked(const std::string& consumer, const std::string& subject,
              std::uint64_t sequence) const;
  /// True if the consumer has parked one that stands before it on the same instance.
  bool parked_before(const std::string& consumer, const std::string& subject,
                     std::uint64_t sequence) const;
  /// By any consumer.
  bool parked(const std::string& subject) const { return parked_subjects_.contains(subject); }

private:
  std::set<std::string> subjects_;
  std::set<std::tuple<std::string, std::string, std::uint64_t>> parked_;
  std::set<std::string> parked_subjects_;
};

}  // namespace troupe::check
