// Where Redis is and how long to wait for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/ports/result.hpp"

namespace troupe::redis {

struct RedisOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::chrono::milliseconds timeout{1'000};  ///< for one call, connecting included
  std::uint32_t database = 0;
};

/// Reads redis://<host>[:<port>][/<database>]. A failure's sentence says what is wrong with it.
Result<RedisOptions> parse_redis_url(std::string_view url);

/// <host>:<port>, for sentences.
std::string address_of(const RedisOptions& options);

}  // namespace troupe::redis
