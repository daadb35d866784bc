// A node that starts where others would not, or that cannot start, and is told to stop.
#include <csignal>
#include <fstream>

#include <catch2/catch_all.hpp>

#include "runtime/curl/http.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tests/support/system.hpp"
#include "tools/servers/loopback.hpp"

using namespace troupe::test;
using namespace std::chrono_literals;
namespace tool = troupe::tool;

namespace {

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

tool::ChildProcess start(const System& system, const std::string& config,
                         std::vector<std::string> command = {}) {
  const auto file = system.folder() / "starting.toml";
  std::ofstream(file) << config;
  command.insert(command.end(), {shop_binary(), "node", "--config", file.string()});
  auto child =
      tool::ChildProcess::start({.argv = command, .log = system.folder() / "starting.log"});
  if (!child) FAIL(child.error().what);
  return std::move(*child);
}

bool answers(const std::string& url, long status) {
  const auto response = troupe::curl::http_get(url, 1s);
  return response && response->status == status;
}

}  // namespace

TEST_CASE("starting: a node's health is where it was told, whatever proxy its environment names",
          "[e2e][node]") {
  const System system;
  const auto health = "[::1]:" + std::to_string(tool::free_port());
  const auto config = system.node_config("node-1", {"ordering"});
  const auto proxy = "http://127.0.0.1:" + std::to_string(tool::free_port());
  auto node = start(system, with(config, system.health_url("node-1").substr(7), health),
                    {"env", "http_proxy=" + proxy, "all_proxy=" + proxy});
  CHECK(eventually(20s, [&] { return answers("http://" + health + "/readyz", 200); }));
  node.signal(SIGTERM);
  CHECK(node.wait(20s) == 0);
}

TEST_CASE("starting: a second node on a health port ends and says so", "[e2e][node]") {
  System system;
  system.start_node("node-1", {"ordering"});
  const auto port = system.health_url("node-1").substr(7);
  const auto config = system.node_config("node-2", {"ordering"});
  auto second = start(system, with(config, system.health_url("node-2").substr(7), port));
  CHECK(second.wait(20s) == 2);
  CHECK_THAT(read_file(system.folder() / "starting.log"), Catch::Matchers::ContainsSubstring(port));
}

TEST_CASE("starting: a node that is told to stop does not wait for who does not answer",
          "[e2e][node]") {
  System system;
  const auto frozen = GENERATE(std::string("nats"), std::string("redis"));
  auto& server = frozen == "nats" ? system.nats().process() : system.redis().process();
  server.freeze();
  auto node = start(system, system.node_config("node-1", {"ordering"}));
  REQUIRE(eventually(20s, [&] { return answers(system.health_url("node-1") + "/livez", 200); }));
  node.signal(SIGTERM);
  CHECK(node.wait(1s) == 0);
  server.signal(SIGCONT);
}
