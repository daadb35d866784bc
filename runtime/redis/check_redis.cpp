// Reads Redis's INFO at start.
#include "runtime/redis/check_redis.hpp"

#include <charconv>
#include <string>

#include "runtime/redis/client.hpp"

namespace troupe::redis {

namespace {

/// The value of a line "<name>:<value>" of INFO.
std::string_view field(std::string_view info, std::string_view name) {
  const auto line = "\n" + std::string(name) + ":";
  const auto at = info.find(line);
  if (at == std::string_view::npos) return {};
  const auto value = info.substr(at + line.size());
  return value.substr(0, value.find('\r'));
}

}  // namespace

Result<void> check_redis(const RedisOptions& options) {
  const auto who = "Redis at " + address_of(options);
  Client client(options, 1);
  const auto reply = client.call({"INFO"});
  if (!reply)
    return tl::make_unexpected(
        Failure{reply.error().what + "; start it or correct redis.url", reply.error().retryable});
  const auto info = reply->value().text().value_or("");

  const auto version = field(info, "redis_version");
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  if (major < redis_version_min)
    return permanent(who + " is version " + std::string(version) + "; use "
                     + std::to_string(redis_version_min) + " or later");

  const auto policy = field(info, "maxmemory_policy");
  if (field(info, "maxmemory") != "0" && policy != "noeviction")
    return permanent(who + " has maxmemory with maxmemory-policy " + std::string(policy)
                     + ", which loses rows silently; set maxmemory-policy noeviction");
  return {};
}

}  // namespace troupe::redis
