// Keeps the newest snapshot of each instance.
#include "runtime/memory/memory_snapshots.hpp"

#include <utility>

namespace troupe::memory {

void MemorySnapshots::put(const Subject& instance, Snapshot snapshot) {
  const std::lock_guard lock(mutex_);
  if (!available_) return;
  auto& kept = kept_[instance];
  if (snapshot.version >= kept.version) kept = std::move(snapshot);
}

void MemorySnapshots::get(const Subject& instance, Found done) {
  Result<std::optional<Snapshot>> found = std::nullopt;
  {
    const std::lock_guard lock(mutex_);
    if (!available_)
      found = retryable("the memory snapshots are not available");
    else if (const auto kept = kept_.find(instance); kept != kept_.end())
      found = kept->second;
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
