// One connection to Redis, which comes back by itself at the next call.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/redis/handles.hpp"
#include "runtime/redis/redis_options.hpp"
#include "runtime/redis/reply.hpp"

namespace troupe::redis {

using Arguments = std::vector<std::string_view>;
using Deadline = std::chrono::steady_clock::time_point;

/// Not thread safe. Connects when first used. Any failure to get an answer ends the connection,
/// because a late answer would be taken for that of the next command.
class Connection {
public:
  explicit Connection(RedisOptions options);

  /// Sends a command, the name first; arguments may hold any bytes. Whatever Redis answers is a
  /// success here, errors included.
  Result<Reply> call(const Arguments& arguments, Deadline deadline);

private:
  Result<void> connect(Deadline deadline);
  Result<void> log_in(Deadline deadline);
  Result<void> select(Deadline deadline);
  /// What Redis answers to a new connection before it is used: an error ends it.
  Result<void> accepted(const Arguments& arguments, Deadline deadline, std::string_view refused);
  Result<Reply> exchange(const Arguments& arguments, Deadline deadline);
  /// Ends the connection and says why.
  tl::unexpected<Failure> broken();

  const RedisOptions options_;
  ContextHandle context_;
};

}  // namespace troupe::redis
