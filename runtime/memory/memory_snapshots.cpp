// Keeps the newest snapshot of each instance.
#include "runtime/memory/memory_snapshots.hpp"

#include <utility>

namespace troupe::memory {

void MemorySnapshots::put(const Subject& instance, std::uint64_t version, std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (!available_) return;
  auto& kept = kept_[instance];
  if (version >= kept.version) kept = {version, std::move(bytes)};
}

void MemorySnapshots::get(const Subject& instance, Found done) {
  Result<std::optional<std::string>> found = std::nullopt;
  {
    const std::lock_guard lock(mutex_);
    if (!available_)
      found = retryable("the memory snapshots are not available");
    else if (const auto kept = kept_.find(instance); kept != kept_.end())
      found = kept->second.bytes;
  }
  done(std::move(found));
}

void MemorySnapshots::set_available(bool available) {
  const std::lock_guard lock(mutex_);
  available_ = available;
}

void MemorySnapshots::lose_everything() {
  const std::lock_guard lock(mutex_);
  kept_.clear();
}

}  // namespace troupe::memory
