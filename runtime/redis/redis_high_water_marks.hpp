// Marks of streams in Redis.
#pragma once

#include "runtime/ports/high_water_marks.hpp"
#include "runtime/redis/client.hpp"
#include "runtime/redis/keys.hpp"

namespace troupe::redis {

/// A context's marks are the hash troupe:<system>:{<context>}:log-mark with the fields
/// <STREAM>:accepted, <STREAM>:sequence and <STREAM>:hash.
class RedisHighWaterMarks final : public HighWaterMarks {
public:
  RedisHighWaterMarks(RedisOptions options, Keys keys)
      : client_(std::move(options), 1), keys_(std::move(keys)) {}

  Result<std::optional<HighWaterMark>> find(const Token& context,
                                            const std::string& stream) override;
  Result<void> raise(const Token& context, const std::string& stream,
                     const HighWaterMark& mark) override;

private:
  Client client_;
  const Keys keys_;
  const Script raise_{"runtime/redis/raise_log_mark.lua"};
};

}  // namespace troupe::redis
