// Takes, renews and gives up many leases in one step.
#include "runtime/redis/redis_leases.hpp"

#include <utility>

#include "runtime/ports/identity.hpp"

namespace troupe::redis {

RedisLeases::RedisLeases(RedisOptions options, Keys keys, std::string_view node_name)
    : client_(std::move(options), connections_max),
      keys_(std::move(keys)),
      holder_(std::string(node_name) + "|" + random_id()) {}

std::vector<std::string> RedisLeases::leases(const Token& context,
                                             const std::vector<std::uint32_t>& slots) const {
  std::vector<std::string> keys;
  keys.reserve(slots.size());
  for (const auto slot : slots) keys.push_back(keys_.of(context, "slot:" + std::to_string(slot)));
  return keys;
}

Result<std::vector<Member>> RedisLeases::beat(const Token& context, const Beat& beat,
                                              const std::vector<std::string>& dead) {
  const auto list = this->members(context);
  const auto beside = vocabularies(context);
  const auto ttl = std::to_string(std::chrono::milliseconds(members_ttl).count());
  Arguments arguments{holder_, ttl, beat.fit ? "1" : "0", beat.vocabulary};
  arguments.insert(arguments.end(), dead.begin(), dead.end());
  const auto reply = client_.run(beat_, {list, beside}, arguments);
  if (!reply) return tl::make_unexpected(reply.error());
  std::vector<Member> members;
  const auto fields = reply->value().elements();
  for (std::size_t i = 0; i + 2 < fields.size(); i += 3)
    members.push_back({.holder = std::string(fields[i].text().value_or("")),
                       .beat = fields[i + 1].number().value_or(0),
                       .vocabulary = std::string(fields[i + 2].text().value_or(""))});
  return members;
}

Result<std::vector<std::uint32_t>> RedisLeases::hold(const Token& context,
                                                     const std::vector<std::uint32_t>& wanted,
                                                     const std::vector<std::string>& displaced,
                                                     std::chrono::milliseconds ttl) {
  const auto keys = leases(context, wanted);
  const auto milliseconds = std::to_string(ttl.count());
  Arguments arguments{holder_, milliseconds};
  arguments.insert(arguments.end(), displaced.begin(), displaced.end());
  const auto reply = client_.run(hold_, {keys.begin(), keys.end()}, arguments);
  if (!reply) return tl::make_unexpected(reply.error());
  const auto answers = reply->value().elements();
  if (answers.size() != wanted.size()) return permanent("Redis answered for other leases");
  std::vector<std::uint32_t> held;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (answers[i].number() == 1) held.push_back(wanted[i]);
  return held;
}

Result<void> RedisLeases::release(const Token& context, const std::vector<std::uint32_t>& slots) {
  const auto keys = leases(context, slots);
  return client_.run(release_, {keys.begin(), keys.end()}, {holder_}).map([](const Reply&) {});
}

Result<void> RedisLeases::leave(const Token& context) {
  const auto key = this->members(context);
  return client_.call({"HSET", key, holder_, "0"}).map([](const Reply&) {});
}

}  // namespace troupe::redis
