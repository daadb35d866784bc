#include "tests/support/nats_cluster.hpp"

#include <csignal>
#include <stdexcept>

#include <fmt/format.h>

#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/streams.hpp"
#include "tests/support/eventually.hpp"
#include "tools/servers/loopback.hpp"

namespace troupe::test {

namespace {

using namespace nlohmann::literals;
using namespace std::chrono_literals;

constexpr auto patience = 30s;

std::string name_of(std::size_t number) { return "nats-" + std::to_string(number); }

/// What a server must know to find the others; none of them listens twice on a port.
std::string cluster_block(std::size_t number, const std::vector<std::uint16_t>& ports) {
  std::string routes;
  for (const auto port : ports)
    routes += fmt::format("{}\"nats://127.0.0.1:{}\"", routes.empty() ? "" : ", ", port);
  return fmt::format(
      "server_name: {}\ncluster {{\n  name: test\n  listen: 127.0.0.1:{}\n  no_advertise: true\n"
      "  routes: [{}]\n}}\n",
      name_of(number), ports.at(number), routes);
}

}  // namespace

NatsCluster::NatsCluster() {
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < servers; ++i) ports.push_back(tool::free_port());
  for (std::size_t i = 0; i < servers; ++i) {
    folders_.push_back(std::make_unique<tool::TempFolder>("troupe-nats"));
    auto started = tool::PrivateNats::start(
        {.folder = folders_.back()->path(), .more = cluster_block(i, ports)});
    if (!started) throw std::runtime_error(started.error().what);
    servers_.push_back(std::move(*started));
  }
  const auto connection = connect_to(0);
  if (!eventually(patience, [&] { return nats::check_server(*connection).has_value(); }))
    throw std::runtime_error("three NATS servers do not become a cluster");
}

std::unique_ptr<nats::Connection> NatsCluster::connect_to(std::size_t number) const {
  auto opened = nats::Connection::open({servers_.at(number)->url(), "test"});
  if (!opened) throw std::runtime_error(opened.error().what);
  return std::move(*opened);
}

std::size_t NatsCluster::leader_of(const std::string& stream) const {
  const auto connection = connect_to(0);
  std::string leader;
  const bool led = eventually(patience, [&] {
    const auto info = nats::ask_api_and_wait(*connection, "STREAM.INFO." + stream, {});
    if (info) leader = info->value("/cluster/leader"_json_pointer, std::string());
    return !leader.empty();
  });
  if (!led) throw std::runtime_error(stream + " gets no leader");
  for (std::size_t i = 0; i < servers; ++i)
    if (leader == name_of(i)) return i;
  throw std::runtime_error(stream + " is led by " + leader);
}

void NatsCluster::pause_all_but(std::size_t number) {
  for (std::size_t i = 0; i < servers; ++i)
    if (i != number) servers_[i]->process().freeze();
}

void NatsCluster::resume() {
  for (const auto& server : servers_) server->process().signal(SIGCONT);
}

}  // namespace troupe::test
