// The commands an instance remembers, so that a repeat gets the first answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include <google/protobuf/repeated_field.h>

#include "runtime/domain/aggregate.hpp"
#include "troupe/v1/records.pb.h"

namespace troupe::engine {

/// A command whose events are in the log, or on their way to it.
struct RememberedCommand {
  std::string id;
  std::string hash;
  std::uint64_t first_version = 0;
  std::uint64_t last_version = 0;
  std::uint64_t sequence = 0;  ///< of its commit; 0 while that is on its way
  Time committed_at;
};

/// Holds the last `kept_min` commands, beyond them those of the last `horizon` of event time, and
/// never more than `kept_max`. A pure fold of the commits: every node forgets alike.
class CommandMemory {
public:
  static constexpr std::size_t kept_min = 1'024;
  static constexpr std::size_t kept_max = 16'384;
  static constexpr std::chrono::minutes horizon{15};
  /// By so much the clocks of those who issue commands and those who commit them may differ.
  static constexpr std::chrono::minutes skew_max{1};

  CommandMemory() = default;
  CommandMemory(CommandMemory&&) = default;
  CommandMemory& operator=(CommandMemory&&) = default;

  void remember(RememberedCommand command);

  /// Valid until the next call of remember; null when not remembered.
  const RememberedCommand* find(std::string_view id) const;

  /// Whether a command issued then could have been committed so early that it is forgotten now.
  bool may_have_forgotten(Time issued_at) const;

  /// Gives the `count` newest commands their places in the log: the last one stands at `last`.
  void place_newest(std::size_t count, std::uint64_t last);

  /// When the newest was committed; the epoch when there is none.
  Time newest_time() const;
  std::size_t size() const noexcept { return commands_.size(); }

  void save(v1::Snapshot& to) const;
  static CommandMemory restore(const v1::Snapshot& from);

private:
  bool forgets_oldest() const;

  std::list<RememberedCommand> commands_;  // oldest first
  std::unordered_map<std::string_view, std::list<RememberedCommand>::iterator> by_id_;
  bool forgot_ = false;
};

}  // namespace troupe::engine
