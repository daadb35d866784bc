// Slot leases in Redis.
#pragma once

#include <string>
#include <string_view>

#include "runtime/ports/leases.hpp"
#include "runtime/redis/client.hpp"

namespace troupe::redis {

/// A lease is the string troupe:{<context>}:slot:<n> with the value <node>|<random token>, which
/// Redis drops when its time is over. A restarted node has another token and thus waits for its
/// former self.
class RedisLeases final : public Leases {
public:
  RedisLeases(RedisOptions options, std::string_view node_name);

  Result<std::vector<std::uint32_t>> hold(const Token& context,
                                          const std::vector<std::uint32_t>& wanted,
                                          std::chrono::milliseconds ttl) override;
  Result<void> release(const Token& context, const std::vector<std::uint32_t>& slots) override;

private:
  /// One for the keeper of each of a few contexts.
  static constexpr std::size_t connections_max = 4;

  Client client_;
  const std::string holder_;
  const Script hold_{"runtime/redis/hold_leases.lua"};
  const Script release_{"runtime/redis/release_leases.lua"};
};

}  // namespace troupe::redis
