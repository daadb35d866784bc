// deploy/nats/slots.conf on a real nats-server: each command arrives where slot_of() says.
#include <atomic>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/base/embedded.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "tests/support/slot_table.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nats::Received;
using nats::Reply;

namespace {

/// A server that delivers commands to slots.
class MappingServer {
public:
  std::unique_ptr<nats::Connection> connect() {
    return or_throw(nats::Connection::open({server_->url(), "test"}));
  }

private:
  tool::TempFolder folder_{"troupe-mapping"};
  std::unique_ptr<tool::PrivateNats> server_ = or_throw(tool::PrivateNats::start(
      {.folder = folder_.path(), .more = std::string(embedded_file("deploy/nats/slots.conf"))}));
};

std::string place_order(const Instance& instance) {
  return Subject::command(instance, Token::parse("PlaceOrder").value()).str();
}

}  // namespace

TEST_CASE("slot mapping: the broker delivers a command to the slot of its instance",
          "[contract][slots]") {
  MappingServer server;
  const auto node = server.connect();
  std::atomic<int> unmapped{0};
  const auto any_node = or_throw(node->subscribe("cmd.>", "nodes", [&](Received) { ++unmapped; }));
  const auto owner = or_throw(node->subscribe("slot.>", "", [&](Received command) {
    (void)node->publish(command.reply(), {}, command.subject());
  }));

  const auto client = server.connect();
  for (const auto& [instance, slot] : slot_table()) {
    const auto sent = place_order(instance);
    const auto reply = client->request_and_wait(sent, {}, "", 5s);
    INFO(sent << ": " << describe(reply.status));
    REQUIRE(reply.status == Reply::Status::answered);
    CHECK(reply.message.body()
          == "slot." + instance.context.str() + "." + std::to_string(slot) + "." + sent);
    CHECK(slot == slot_of(instance, slots_default));
  }
  CHECK(unmapped == 0);
}

TEST_CASE("slot mapping: a slot without an owner answers at once that nobody is there",
          "[contract][slots]") {
  MappingServer server;
  const auto client = server.connect();
  const auto instance = slot_table().front().instance;
  CHECK(client->request_and_wait(place_order(instance), {}, "", 5s).status
        == Reply::Status::no_responders);
}
