// Events that a consumer could not handle, kept in order per source instance until they can be.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/ports/stored_subject.hpp"

namespace troupe {

struct Parked {
  std::uint64_t sequence = 0;  ///< of the parked record, which gives its place and its name
  std::string record;          ///< a serialised troupe.v1.ParkedEvent
};

/// Thread safety: any method from any thread. Completions run exactly once and must not block.
class ParkedEvents {
public:
  virtual ~ParkedEvents() = default;

  /// Stores one more record behind those of the same consumer and source subject.
  virtual void park(const Token& context, const Token& consumer, const StoredSubject& source,
                    std::string record, std::function<void(Result<void>)> done) = 0;

  /// The parked_name of each source of which a consumer has records, however many records those
  /// are. Blocks; for start-up.
  virtual Result<std::vector<std::string>> sources(const Token& context, const Token& consumer) = 0;

  using Found = std::function<void(Result<std::optional<Parked>>)>;
  /// The first record of that source behind the one of sequence `after`, or nothing: they come in
  /// the order they were parked.
  virtual void next(const Token& context, const Token& consumer, const std::string& source,
                    std::uint64_t after, Found found) = 0;

  /// Removes one record, after it was handled or given up. Blocks.
  virtual Result<void> remove(const Token& context, std::uint64_t sequence) = 0;
};

}  // namespace troupe
