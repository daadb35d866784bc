// Takes, renews and gives up many leases in one step.
#include "runtime/redis/redis_leases.hpp"

#include <utility>

#include "runtime/ports/identity.hpp"

namespace troupe::redis {

namespace {

std::vector<std::string> keys_of(const Token& context, const std::vector<std::uint32_t>& slots) {
  std::vector<std::string> keys;
  keys.reserve(slots.size());
  for (const auto slot : slots)
    keys.push_back("troupe:{" + context.str() + "}:slot:" + std::to_string(slot));
  return keys;
}

}  // namespace

RedisLeases::RedisLeases(RedisOptions options, std::string_view node_name)
    : client_(std::move(options), connections_max),
      holder_(std::string(node_name) + "|" + random_id()) {}

Result<std::vector<std::uint32_t>> RedisLeases::hold(const Token& context,
                                                     const std::vector<std::uint32_t>& wanted,
                                                     std::chrono::milliseconds ttl) {
  const auto keys = keys_of(context, wanted);
  const auto reply =
      client_.run(hold_, {keys.begin(), keys.end()}, {holder_, std::to_string(ttl.count())});
  if (!reply) return tl::make_unexpected(reply.error());
  const auto answers = reply->value().elements();
  if (answers.size() != wanted.size()) return permanent("Redis answered for other leases");
  std::vector<std::uint32_t> held;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (answers[i].number() == 1) held.push_back(wanted[i]);
  return held;
}

Result<void> RedisLeases::release(const Token& context, const std::vector<std::uint32_t>& slots) {
  const auto keys = keys_of(context, slots);
  return client_.run(release_, {keys.begin(), keys.end()}, {holder_}).map([](const Reply&) {});
}

}  // namespace troupe::redis
