// Slot leases in Redis.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "runtime/ports/leases.hpp"
#include "runtime/redis/client.hpp"
#include "runtime/redis/keys.hpp"

namespace troupe::redis {

/// A lease is the string troupe:<system>:{<context>}:slot:<n> with the holder as its value, which
/// Redis drops when its time is over. The list of who is alive is the hash
/// troupe:<system>:{<context>}:members; what each of them says of itself is beside it in
/// troupe:<system>:{<context>}:vocabularies, which earlier versions neither write nor read.
class RedisLeases final : public Leases {
public:
  RedisLeases(RedisOptions options, Keys keys, std::string_view node_name);

  const std::string& self() const override { return holder_; }
  Result<std::vector<Member>> beat(const Token& context, const Beat& beat,
                                   const std::vector<std::string>& dead) override;
  Result<std::vector<std::uint32_t>> hold(const Token& context,
                                          const std::vector<std::uint32_t>& wanted,
                                          const std::vector<std::string>& displaced,
                                          std::chrono::milliseconds ttl) override;
  Result<void> release(const Token& context, const std::vector<std::uint32_t>& slots) override;
  Result<void> leave(const Token& context) override;

private:
  /// One for the keeper of each of a few contexts.
  static constexpr std::size_t connections_max = 4;
  /// Of a list that nobody is on any more.
  static constexpr std::chrono::minutes members_ttl{1};

  std::vector<std::string> leases(const Token& context,
                                  const std::vector<std::uint32_t>& slots) const;
  std::string members(const Token& context) const { return keys_.of(context, "members"); }
  std::string vocabularies(const Token& context) const { return keys_.of(context, "vocabularies"); }

  Client client_;
  const Keys keys_;
  const std::string holder_;
  const Script beat_{"runtime/redis/beat.lua"};
  const Script hold_{"runtime/redis/hold_leases.lua"};
  const Script release_{"runtime/redis/release_leases.lua"};
};

}  // namespace troupe::redis
