// Where Redis is, as whom to use it, and how long to wait for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace troupe::redis {

/// Beside the address. What is empty is not asked for.
struct RedisLogin {
  std::string user{};           ///< without one the password is that of the default user
  std::string password_file{};  ///< read for each new connection; only its owner has access to it
};

struct RedisOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::chrono::milliseconds timeout{1'000};  ///< for one call, connecting included
  std::uint32_t database = 0;
  RedisLogin login{};
  std::string url_password{};  ///< when the address holds it, in place of a file
};

/// Reads redis://[[<user>]:<password>@]<host>[:<port>][/<database>]. Fails permanently, with a
/// sentence that says what is wrong with it or with the login and repeats no secret.
Result<RedisOptions> parse_redis_url(std::string_view url, const RedisLogin& login = {});

/// The password to connect with, or empty: without a login.
Result<std::string> password_of(const RedisOptions& options);

/// <host>:<port>, for sentences.
std::string address_of(const RedisOptions& options);

}  // namespace troupe::redis
