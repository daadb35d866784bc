#include "runtime/program/server_options.hpp"

#include "runtime/base/secrets.hpp"
#include "runtime/nats/client/inboxes.hpp"

namespace troupe::program {

namespace {

struct Text {
  const char* name;
  std::string* value;
  const char* environment;
  const char* what;
};

}  // namespace

std::string NatsOptions::address() const { return redacted(url); }

void add_nats_options(CLI::App& command, NatsOptions& options) {
  const std::string group = "NATS";
  command.add_option("--nats", options.url, "Address of a nats-server; tls:// insists on TLS")
      ->envname("NATS_URL")
      ->capture_default_str()
      ->group(group);
  auto& security = options.security;
  command.add_flag("--nats-tls", security.tls_required, "Insist on TLS")->group(group);
  for (const auto& [name, value, environment, what] :
       {Text{"--nats-ca", &security.tls_ca, "NATS_CA", "File with whom to trust, by TLS"},
        Text{"--nats-cert", &security.tls_cert, "NATS_CERT", "File with the own certificate"},
        Text{"--nats-key", &security.tls_key, "NATS_KEY", "File with its key"},
        Text{"--nats-creds", &security.creds, "NATS_CREDS", "Credentials file"},
        Text{"--nats-nkey-seed", &security.nkey_seed, "NATS_NKEY", "File with an NKey's seed"},
        Text{"--nats-user", &security.user, "NATS_USER", "User"},
        Text{"--nats-password-file", &security.password_file, "NATS_PASSWORD_FILE",
             "File with the user's password"}})
    command.add_option(name, *value, what)->envname(environment)->group(group);
  command
      .add_option("--nats-inbox-prefix", options.inbox_prefix, "Answers come below this subject")
      ->envname("NATS_INBOX_PREFIX")
      ->capture_default_str()
      ->check([](const std::string& prefix) {
        return nats::is_inbox_prefix(prefix) ? std::string() : prefix + " is no prefix of inboxes";
      })
      ->group(group);
}

void add_redis_options(CLI::App& command, RedisAccess& options) {
  const std::string group = "Redis";
  command.add_option("--redis", options.url, "Where the views are")
      ->envname("REDIS_URL")
      ->capture_default_str()
      ->group(group);
  command.add_option("--redis-user", options.login.user, "User; the default one without")
      ->envname("REDIS_USER")
      ->group(group);
  command
      .add_option("--redis-password-file", options.login.password_file, "File with the password")
      ->envname("REDIS_PASSWORD_FILE")
      ->group(group);
}

}  // namespace troupe::program
