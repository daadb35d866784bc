// Keys that an earlier version left in Redis, which did not name their system.
#pragma once

#include <cstddef>
#include <vector>

#include <troupe/token.hpp>
#include "runtime/base/result.hpp"
#include "runtime/redis/redis_options.hpp"

namespace troupe::redis {

/// Removes those of the contexts, their marks of streams last, and says how many there were. Looks
/// through all keys, a thousand at a time. Blocks. Repeatable after a failure.
Result<std::size_t> remove_old_keys(const RedisOptions& options,
                                    const std::vector<Token>& contexts);

}  // namespace troupe::redis
