#include "runtime/memory/memory_high_water_marks.hpp"

#include <tuple>

namespace troupe::memory {

Result<std::optional<HighWaterMark>> MemoryHighWaterMarks::find(const Token& context,
                                                                const std::string& stream) {
  const std::lock_guard lock(mutex_);
  const auto found = high_water_marks_.find({context, stream});
  return found == high_water_marks_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> MemoryHighWaterMarks::raise(const Token& context, const std::string& stream,
                                         const HighWaterMark& mark) {
  const std::lock_guard lock(mutex_);
  const auto [kept, fresh] = high_water_marks_.try_emplace({context, stream}, mark);
  if (!fresh
      && std::tie(kept->second.accepted_at, kept->second.sequence)
             <= std::tie(mark.accepted_at, mark.sequence))
    kept->second = mark;
  return {};
}

}  // namespace troupe::memory
