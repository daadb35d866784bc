// The commands an instance remembers, so that a repeat gets the first answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/domain/aggregate.hpp"
#include "runtime/engine/forgotten_ids.hpp"
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
///
/// Most instances remember a few commands and there are very many instances: a command takes 64
/// bytes and one allocation, and is found by a walk over 4-byte hashes that lie side by side.
///
/// A busy instance fills `kept_max` in less time than clocks may differ; of what it forgets then it
/// keeps fingerprints, or each new command would have to be looked up in its log.
class CommandMemory {
public:
  static constexpr std::size_t kept_min = 1'024;
  static constexpr std::size_t kept_max = 16'384;
  static constexpr std::chrono::minutes horizon{15};
  /// By so much the clocks of those who issue commands and those who commit them may differ.
  static constexpr std::chrono::minutes skew_max{1};

  void remember(const RememberedCommand& command);

  /// The newest with this id.
  std::optional<RememberedCommand> find(std::string_view id) const;

  /// Whether the command may have been committed so early that it is forgotten now: the log knows.
  bool may_have_forgotten(std::string_view id, Time issued_at) const;

  /// Takes the fingerprints of what it forgot from the log. `all` has the instance's commands,
  /// oldest first, at least up to the oldest that is remembered.
  void read_back(const std::vector<RememberedCommand>& all);

  /// Gives the `count` newest commands their places in the log: the last one stands at `last`.
  void place_newest(std::size_t count, std::uint64_t last);

  /// When the newest was committed; the epoch when there is none.
  Time newest_time() const;
  std::size_t size() const noexcept { return kept_.size() - begin_; }
  std::size_t bytes() const noexcept;  ///< of memory, about

  void save(v1::Snapshot& to) const;
  static CommandMemory restore(const v1::Snapshot& from);

private:
  struct Kept {
    std::string text;  // id, then hash
    std::uint32_t id_size = 0;
    std::uint32_t events = 0;
    std::uint64_t first_version = 0;
    std::uint64_t sequence = 0;
    Time committed_at;

    RememberedCommand unpacked() const;
  };

  bool forgets_oldest() const;
  void forget_oldest();
  void fingerprint(std::string_view id, Time committed_at, Time complete_after);

  // Oldest first. What lies before begin_ is forgotten, and removed when it is the larger part.
  std::vector<Kept> kept_;
  std::vector<std::uint32_t> hashes_;  // of their ids
  std::size_t begin_ = 0;
  bool forgot_ = false;
  std::unique_ptr<ForgottenIds> fingerprints_;  // none: nothing was forgotten lately, or elsewhere
};

}  // namespace troupe::engine
