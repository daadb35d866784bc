// How a command reaches the servers: the options, and what the environment says, of all commands.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "runtime/nats/client/connection.hpp"
#include "runtime/redis/redis_options.hpp"

namespace troupe::program {

struct NatsOptions {
  std::string url = "nats://127.0.0.1:4222";
  nats::Security security;
  std::string inbox_prefix = "_INBOX";

  /// For a command that lasts; `name` is shown by the server's monitoring.
  nats::ConnectionOptions as(std::string name) const {
    return {
        .url = url, .name = std::move(name), .inbox_prefix = inbox_prefix, .security = security};
  }
  /// For one that asks something, and says itself what it was not told.
  nats::ConnectionOptions to_ask_as(std::string name) const {
    auto options = as(std::move(name));
    options.may_be_lost = true;
    return options;
  }
  /// The address as it may be printed.
  std::string address() const;
};

struct RedisAccess {
  std::string url = "redis://127.0.0.1:6379/0";
  redis::RedisLogin login;
};

/// `--nats`, the files of TLS and the login. Where an option is not given NATS_URL, NATS_CREDS,
/// NATS_NKEY, NATS_USER, NATS_PASSWORD_FILE, NATS_CA, NATS_CERT, NATS_KEY and NATS_INBOX_PREFIX
/// count.
void add_nats_options(CLI::App& command, NatsOptions& options);

/// `--redis` and the login; REDIS_URL, REDIS_USER and REDIS_PASSWORD_FILE.
void add_redis_options(CLI::App& command, RedisAccess& options);

}  // namespace troupe::program
