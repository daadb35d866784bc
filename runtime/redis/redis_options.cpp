// Takes a Redis address apart.
#include "runtime/redis/redis_options.hpp"

#include <charconv>
#include <optional>

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
  return permanent("Redis address \"" + std::string(url) + "\" " + std::string(why)
                   + "; write it as redis://<host>[:<port>][/<database>]");
}

}  // namespace

Result<RedisOptions> parse_redis_url(std::string_view url) {
  if (!url.starts_with(scheme)) return bad(url, "does not start with redis://");
  if (url.find('@') != std::string_view::npos)
    return permanent("Redis address holds a user or password, which Troupe does not support yet");
  const auto [authority, database] = split(url.substr(scheme.size()), '/');
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
  return options;
}

std::string address_of(const RedisOptions& options) {
  return options.host + ":" + std::to_string(options.port);
}

}  // namespace troupe::redis
