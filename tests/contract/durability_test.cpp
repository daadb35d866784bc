// Which durability a node may state, asked of real servers.
#include "runtime/host/durability.hpp"

#include <memory>

#include <catch2/catch_all.hpp>

#include "tools/servers/loopback.hpp"
#include "tools/servers/private_nats.hpp"
#include "tools/servers/temp_folder.hpp"

using Catch::Matchers::ContainsSubstring;
using troupe::host::verified_durability;
namespace tool = troupe::tool;

namespace {

/// A server that syncs before it acknowledges, or does not.
class Server {
public:
  explicit Server(bool syncs)
      : server_(*tool::PrivateNats::start({.folder = folder_.path(), .sync_always = syncs})) {}
  std::string monitoring() const { return server_->monitoring_url(); }

private:
  tool::TempFolder folder_{"troupe-durability"};
  std::unique_ptr<tool::PrivateNats> server_;
};

std::string nobody() { return "http://127.0.0.1:" + std::to_string(tool::free_port()); }

}  // namespace

TEST_CASE("durability: one monitoring endpoint that answers suffices, whichever it is",
          "[contract][durability]") {
  const Server syncs(true);
  CHECK(verified_durability("durable", 1, {syncs.monitoring()}) == "durable");
  CHECK(verified_durability("durable", 1, {nobody(), syncs.monitoring()}) == "durable");
  CHECK(verified_durability("replicated-durable", 3, {syncs.monitoring(), nobody()})
        == "replicated-durable");
}

TEST_CASE("durability: of several servers the weakest counts", "[contract][durability]") {
  const Server syncs(true);
  const Server does_not(false);
  const std::vector<std::string> both{syncs.monitoring(), does_not.monitoring()};
  CHECK(verified_durability("dev", 1, both) == "dev");
  CHECK(verified_durability("replicated", 3, {both[1], both[0]}) == "replicated");
  const auto refused = verified_durability("replicated-durable", 3, both);
  REQUIRE_FALSE(refused);
  CHECK_FALSE(refused.error().retryable);
  CHECK_THAT(refused.error().what, ContainsSubstring("sync_interval: always"));
}

TEST_CASE(
    "durability: where nobody answers, sync is waited for if it is wanted and else not stated",
    "[contract][durability]") {
  const Server another(true);
  for (const auto& url : {nobody(), another.monitoring() + "/of-something-else"}) {
    const auto waits = verified_durability("durable", 1, {url});
    REQUIRE_FALSE(waits);
    CHECK(waits.error().retryable);
    CHECK(verified_durability("dev", 1, {url}) == "dev");
  }
  const auto not_configured = verified_durability("durable", 1, {});
  REQUIRE_FALSE(not_configured);
  CHECK_FALSE(not_configured.error().retryable);
  CHECK(verified_durability("dev", 1, {}) == "dev");
}
