// Marks of streams in memory.
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "runtime/ports/log_marks.hpp"

namespace troupe::memory {

class MemoryLogMarks final : public LogMarks {
public:
  Result<std::optional<LogMark>> find(const Token& context, const std::string& stream) override;
  Result<void> raise(const Token& context, const std::string& stream, const LogMark& mark) override;

  /// For tests: the store lost everything.
  void lose() {
    const std::lock_guard lock(mutex_);
    marks_.clear();
  }

private:
  std::mutex mutex_;
  std::map<std::pair<Token, std::string>, LogMark> marks_;  // under mutex_
};

}  // namespace troupe::memory
