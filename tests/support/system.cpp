#include "tests/support/system.hpp"

#include <fstream>

#include <catch2/catch_all.hpp>

#include "runtime/curl/http.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tools/servers/loopback.hpp"

namespace troupe::test {

namespace {

using namespace std::chrono_literals;

template <class T>
T started(Result<T> result) {
  if (!result) FAIL(result.error().what);
  return std::move(*result);
}

bool answers_ok(const std::string& url) {
  const auto response = curl::http_get(url, 1s);
  return response && response->status == 200;
}

}  // namespace

System::System(tool::PrivateRedis* redis, tool::PrivateNatsOptions nats)
    : nats_(started(tool::PrivateNats::start(in_folder(std::move(nats))))),
      own_redis_(redis != nullptr ? nullptr
                                  : started(tool::PrivateRedis::start({.folder = folder_.path()}))),
      redis_(redis != nullptr ? redis : own_redis_.get()),
      mails_(started(tool::MailLedger::open(folder_.path()))),
      mail_server_(started(tool::SmtpSink::start(mails_))) {
  gateway_ = std::make_unique<tool::ChildProcess>(started(
      tool::ChildProcess::start({.argv = {shop_binary(), "gateway", "--nats", nats_->url(),
                                          "--ledger", folder().string(), "--decline-rate", "0"},
                                 .log = folder() / "gateway.log"})));
}

tool::PrivateNatsOptions System::in_folder(tool::PrivateNatsOptions nats) const {
  nats.folder = folder_.path();
  return nats;
}

std::string System::node_config(const std::string& name,
                                const std::vector<std::string>& contexts) const {
  if (!health_ports_.contains(name)) health_ports_[name] = tool::free_port();
  tool::NodeSettings settings{
      {"node",
       {{"name", name},
        {"contexts", contexts},
        {"health", "127.0.0.1:" + std::to_string(health_ports_[name])}}},
      {"nats", {{"url", nats_->url()}, {"monitoring_url", nats_->monitoring_url()}}},
      {"redis", {{"url", redis_->url()}}},
      {"notifications", {{"smtp_url", mail_server_->url()}}},
  };
  for (const auto& [table, values] : node_settings)
    for (const auto& [setting, value] : values) settings[table][setting] = value;
  return tool::node_toml(settings);
}

void System::start_unready_node(const std::string& name, const std::vector<std::string>& contexts) {
  const auto file = folder() / (name + ".toml");
  std::ofstream(file) << node_config(name, contexts);
  nodes_.erase(name);
  nodes_.emplace(
      name,
      started(tool::ChildProcess::start({.argv = {shop_binary(), "node", "--config", file.string()},
                                         .log = folder() / (name + ".log")})));
}

void System::start_node(const std::string& name, const std::vector<std::string>& contexts) {
  start_unready_node(name, contexts);
  const bool ready = eventually(20s, [&] {
    return nodes_.at(name).wait(0ms).has_value() || answers_ok(health_url(name) + "/readyz");
  });
  if (!ready || nodes_.at(name).wait(0ms)) FAIL("the node did not get ready:\n" << node_log(name));
}

std::string System::node_log(const std::string& name) const {
  return read_file(folder() / (name + ".log"));
}

std::string System::health_url(const std::string& node) const {
  return "http://127.0.0.1:" + std::to_string(health_ports_.at(node));
}

}  // namespace troupe::test
