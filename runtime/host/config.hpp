// A node's configuration: what config/default.toml explains, as one struct.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/settings.hpp>
#include "runtime/base/result.hpp"
#include "runtime/host/program.hpp"
#include "runtime/nats/client/security.hpp"
#include "runtime/redis/redis_options.hpp"

namespace troupe::host {

struct NodeConfig {
  std::string name;
  std::vector<std::string> contexts;
  std::string health;  ///< host:port, or empty
  std::string log_level;
  std::string nats_url;
  nats::Security nats_security;
  std::vector<std::string> nats_monitoring_urls;  ///< without a slash at the end
  int replicas = 1;
  std::string inbox_prefix;
  std::vector<std::string> reply_prefixes;
  std::string redis_url;
  redis::RedisLogin redis_login;
  std::uint64_t slots = 0;
  std::string durability;
  std::uint64_t live_max = 0;
  std::uint64_t live_mb_max = 0;
  std::uint64_t idle_seconds = 0;
  std::uint64_t snapshot_every = 0;
  Settings own;  ///< of the program
};

/// All settings of a program's nodes with their defaults and comments, as TOML.
std::string default_config(const Program& program);

/// Reads TOML over the program's defaults. Fails permanently with one sentence that names the key:
/// unknown, of the wrong type, or out of range.
Result<NodeConfig> parse_config(std::string_view toml, const std::string& name_of_source,
                                const Program& program);

/// The same of a file. One with a password in an address is itself a secret: others must not have
/// access to it.
Result<NodeConfig> load_config(const std::filesystem::path& file, const Program& program);

}  // namespace troupe::host
