// A whole system on loopback: nats-server, Redis, the gateway, a mail server, and nodes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/servers/node_toml.hpp"
#include "tools/servers/private_nats.hpp"
#include "tools/servers/private_redis.hpp"
#include "tools/servers/temp_folder.hpp"
#include "tools/shop/books/mail_ledger.hpp"
#include "tools/shop/sim/smtp_sink.hpp"

namespace troupe::test {

/// Starts the servers; nodes are started by the test. Everything ends with it.
class System {
public:
  /// `redis`: one that another system uses, too, and that outlives this one; else it has its own.
  /// `nats`: further lines of the NATS server's configuration; its folder is the system's.
  explicit System(tool::PrivateRedis* redis = nullptr, tool::PrivateNatsOptions nats = {});

  /// Further ones, for the nodes that start from now on.
  tool::NodeSettings node_settings{};

  /// Starts a node with these contexts and waits until it is ready. A node of that name must not
  /// run.
  void start_node(const std::string& name, const std::vector<std::string>& contexts);
  /// The same without waiting.
  void start_unready_node(const std::string& name, const std::vector<std::string>& contexts);
  tool::ChildProcess& node(const std::string& name) { return nodes_.at(name); }
  /// Its log so far.
  std::string node_log(const std::string& name) const;
  /// The configuration a node of this name gets.
  std::string node_config(const std::string& name, const std::vector<std::string>& contexts) const;

  const std::filesystem::path& folder() const { return folder_.path(); }
  tool::PrivateNats& nats() { return *nats_; }
  tool::PrivateRedis& redis() { return *redis_; }
  tool::ChildProcess& gateway() { return *gateway_; }
  std::string health_url(const std::string& node) const;

private:
  tool::PrivateNatsOptions in_folder(tool::PrivateNatsOptions nats) const;

  tool::TempFolder folder_{"troupe-e2e"};
  std::unique_ptr<tool::PrivateNats> nats_;
  std::unique_ptr<tool::PrivateRedis> own_redis_;
  tool::PrivateRedis* redis_;
  tool::MailLedger mails_;
  std::unique_ptr<tool::SmtpSink> mail_server_;
  std::unique_ptr<tool::ChildProcess> gateway_;
  mutable std::map<std::string, std::uint16_t> health_ports_;
  std::map<std::string, tool::ChildProcess> nodes_;
};

}  // namespace troupe::test
