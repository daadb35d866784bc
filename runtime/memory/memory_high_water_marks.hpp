// Marks of streams in memory.
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "runtime/ports/high_water_marks.hpp"

namespace troupe::memory {

class MemoryHighWaterMarks final : public HighWaterMarks {
public:
  Result<std::optional<HighWaterMark>> find(const Token& context,
                                            const std::string& stream) override;
  Result<void> raise(const Token& context, const std::string& stream,
                     const HighWaterMark& mark) override;

  /// For tests: the store lost everything.
  void lose() {
    const std::lock_guard lock(mutex_);
    high_water_marks_.clear();
  }

private:
  std::mutex mutex_;
  std::map<std::pair<Token, std::string>, HighWaterMark> high_water_marks_;  // under mutex_
};

}  // namespace troupe::memory
