#include "runtime/engine/history/skip_list.hpp"

#include <algorithm>
#include <mutex>

#include <spdlog/spdlog.h>

#include "runtime/ports/identity.hpp"

namespace troupe::engine {

bool SkipList::add(const Skip& skip) {
  {
    const std::unique_lock lock(mutex_);
    const Place place{skip.stream, skip.sequence};
    const auto known = hashes_.find(place);
    if (known != hashes_.end() && known->second == skip.hash) return false;
    if (known == hashes_.end() && hashes_.size() >= kept_max) {
      spdlog::error("More than {} messages are to be skipped; {} of {} is not.", kept_max,
                    skip.sequence, skip.stream);
      return false;
    }
    hashes_.insert_or_assign(place, skip.hash);
    decided_.push_back(place);
  }
  ++changes_;
  return true;
}

bool SkipList::any_since(std::uint64_t changes, const std::string& stream,
                         std::uint64_t sequence) const {
  const std::shared_lock lock(mutex_);
  return std::any_of(
      decided_.begin() + static_cast<std::ptrdiff_t>(changes), decided_.end(),
      [&](const Place& place) { return place.first == stream && place.second <= sequence; });
}

bool SkipList::covers(const std::string& stream, const StoredCommit& stored) const {
  if (changes() == 0) return false;
  std::string hash;
  {
    const std::shared_lock lock(mutex_);
    const auto found = hashes_.find({stream, stored.sequence});
    if (found == hashes_.end()) return false;
    hash = found->second;
  }
  return hash == sha256(stored.bytes);
}

bool SkipList::covers(const std::string& stream, std::uint64_t sequence,
                      const std::string& hash) const {
  const std::shared_lock lock(mutex_);
  const auto found = hashes_.find({stream, sequence});
  return found != hashes_.end() && found->second == hash;
}

}  // namespace troupe::engine
