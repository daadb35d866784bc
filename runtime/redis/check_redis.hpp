// Whether the Redis at hand is one to work with.
#pragma once

#include "runtime/redis/redis_options.hpp"

namespace troupe::redis {

inline constexpr int redis_version_min = 7;

/// Fails with a sentence that says what to do when no Redis answers (retryable), when it is older
/// than redis_version_min, or when it would evict keys of views and leases once memory is short.
Result<void> check_redis(const RedisOptions& options);

}  // namespace troupe::redis
