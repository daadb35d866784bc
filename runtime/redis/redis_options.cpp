// Takes a Redis address apart.
#include "runtime/redis/redis_options.hpp"

#include <charconv>
#include <optional>

#include "runtime/base/secrets.hpp"

namespace troupe::redis {

namespace {

constexpr std::string_view scheme = "redis://";

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// Splits at the first `mark` outside brackets; an IPv6 address stands in brackets.
std::pair<std::string_view, std::optional<std::string_view>> split(std::string_view text,
                                                                   char mark) {
  const auto bracket = text.find(']');
  const auto at = text.find(mark, bracket == std::string_view::npos ? 0 : bracket);
  if (at == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

auto bad(std::string_view url, std::string_view why) {
  return permanent("Redis address \"" + redacted(url) + "\" " + std::string(why)
                   + "; write it as redis://<host>[:<port>][/<database>]");
}

/// One way to say who it is, and all that belongs to it.
Result<void> take_login(RedisOptions& options, const RedisLogin& login,
                        const std::optional<UrlLogin>& from_url) {
  options.login = login;
  const bool beside = !login.user.empty() || !login.password_file.empty();
  if (from_url && beside)
    return permanent(
        "say in one way only who uses Redis: redis.user and redis.password_file, or a login in the "
        "address");
  if (beside && login.password_file.empty())
    return permanent("redis.user needs redis.password_file");
  if (from_url && !from_url->password)
    return permanent("the login in the Redis address has no password; write it as :<password>@");
  if (from_url) {
    options.login.user = from_url->user;
    options.url_password = *from_url->password;
  }
  return password_of(options).map([](const std::string&) {});
}

}  // namespace

Result<RedisOptions> parse_redis_url(std::string_view url, const RedisLogin& login) {
  if (url.starts_with("rediss://"))
    return permanent(
        "TLS to Redis (rediss://) is not possible yet: use redis:// on a private network, or "
        "through a tunnel");
  if (!url.starts_with(scheme)) return bad(url, "does not start with redis://");
  const auto split_url = split_login(url);
  const auto [authority, database] =
      split(std::string_view(split_url.url).substr(scheme.size()), '/');
  auto [host, port] = split(authority, ':');
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad(url, "names no host");

  RedisOptions options;
  options.host = host;
  if (port) {
    const auto number = number_in<std::uint16_t>(*port);
    if (!number || *number == 0) return bad(url, "has a port that is not 1 to 65535");
    options.port = *number;
  }
  if (database && !database->empty()) {
    const auto number = number_in<std::uint32_t>(*database);
    if (!number) return bad(url, "has a database that is not a number");
    options.database = *number;
  }
  if (auto taken = take_login(options, login, split_url.login); !taken)
    return tl::make_unexpected(taken.error());
  return options;
}

Result<std::string> password_of(const RedisOptions& options) {
  if (options.login.password_file.empty()) return options.url_password;
  return read_secret_line(options.login.password_file);
}

std::string address_of(const RedisOptions& options) {
  return options.host + ":" + std::to_string(options.port);
}

}  // namespace troupe::redis
