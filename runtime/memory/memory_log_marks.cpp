#include "runtime/memory/memory_log_marks.hpp"

#include <tuple>

namespace troupe::memory {

Result<std::optional<LogMark>> MemoryLogMarks::find(const Token& context,
                                                    const std::string& stream) {
  const std::lock_guard lock(mutex_);
  const auto found = marks_.find({context, stream});
  return found == marks_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> MemoryLogMarks::raise(const Token& context, const std::string& stream,
                                   const LogMark& mark) {
  const std::lock_guard lock(mutex_);
  const auto [kept, fresh] = marks_.try_emplace({context, stream}, mark);
  if (!fresh
      && std::tie(kept->second.accepted_at, kept->second.sequence)
             <= std::tie(mark.accepted_at, mark.sequence))
    kept->second = mark;
  return {};
}

}  // namespace troupe::memory
