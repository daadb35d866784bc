// The messages that operators decided to pass over, as far as this process has heard.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/ports/event_log.hpp"
#include "runtime/ports/skips.hpp"

namespace troupe::engine {

/// Thread safety: any method from any thread. Costs its readers one atomic load while it is empty.
class SkipList {
public:
  /// Nobody decides on so many one by one; further ones are not heard.
  static constexpr std::size_t kept_max = 100'000;

  /// False when it was known already.
  bool add(const Skip& skip);

  bool covers(const std::string& stream, const StoredCommit& stored) const;
  /// The same for a message of which only the hash is at hand.
  bool covers(const std::string& stream, std::uint64_t sequence, const std::string& hash) const;

  /// Grows with every decision: what could not be read before is worth another look.
  std::uint64_t changes() const noexcept { return changes_.load(); }
  /// Whether a decision after so many changes is about the stream up to `sequence`.
  bool any_since(std::uint64_t changes, const std::string& stream, std::uint64_t sequence) const;

  /// All that was decided before is known.
  void set_caught_up() noexcept { caught_up_ = true; }
  bool caught_up() const noexcept { return caught_up_; }

private:
  using Place = std::pair<std::string, std::uint64_t>;  // stream and sequence

  std::atomic<std::uint64_t> changes_{0};
  mutable std::shared_mutex mutex_;
  std::map<Place, std::string> hashes_;  // under mutex_
  std::vector<Place> decided_;           // in the order of changes, under mutex_
  std::atomic<bool> caught_up_{false};
};

}  // namespace troupe::engine
