// A map of views under one mutex.
#include "runtime/memory/memory_view_store.hpp"

namespace troupe::memory {

namespace {

std::string key_of(const ViewName& view) { return view.context.str() + "." + view.view.str(); }

auto away() { return retryable("the memory view store is not available"); }

}  // namespace

Result<std::uint64_t> MemoryViewStore::checkpoint(const ViewName& view) {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  return views_[key_of(view)].checkpoint;
}

Result<ViewContent> MemoryViewStore::rows(const ViewName& view,
                                          const std::vector<std::string>& keys) {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  const auto& known = views_[key_of(view)];
  ViewContent found{.checkpoint = known.checkpoint, .rows = {}};
  if (known.checkpoint == 0) return found;
  for (const auto& key : keys)
    if (const auto row = known.rows.find(key); row != known.rows.end()) found.rows.insert(*row);
  return found;
}

Result<Applied> MemoryViewStore::apply(const ViewName& view, std::uint64_t from, std::uint64_t to,
                                       const Rows& rows) {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  if (to > held_at_) return away();
  auto& kept = views_[key_of(view)];
  if (kept.checkpoint != from) return Applied{false, kept.checkpoint};
  if (from == 0) kept.rows.clear();
  for (const auto& [key, row] : rows) kept.rows.insert_or_assign(key, row);
  kept.checkpoint = to;
  return Applied{true, to};
}

Result<ViewContent> MemoryViewStore::all(const ViewName& view) {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  const auto& known = views_[key_of(view)];
  return known.checkpoint == 0 ? ViewContent{} : known;
}

Result<void> MemoryViewStore::clear(const ViewName& view) {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  views_.erase(key_of(view));
  return {};
}

void MemoryViewStore::set_available(bool available) {
  const std::lock_guard lock(mutex_);
  available_ = available;
}

void MemoryViewStore::lose_everything() {
  const std::lock_guard lock(mutex_);
  views_.clear();
}

void MemoryViewStore::hold_at(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  held_at_ = sequence;
}

void MemoryViewStore::lose_checkpoint(const ViewName& view) {
  const std::lock_guard lock(mutex_);
  views_[key_of(view)].checkpoint = 0;
}

}  // namespace troupe::memory
