// A program that embeds a node: started and stopped by calls, with a port of its own.
#include <troupe/program.hpp>

#include <atomic>

#include <catch2/catch_all.hpp>

#include "example/v1/account.pb.h"
#include "runtime/nats/requests/command_client.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "tests/contract/on_redis.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using engine::test::Account;
using example::v1::MoneyDeposited;

/// Asks somebody outside about each deposit, and withdraws what the answer says.
struct Fee : Effect {
  static constexpr std::string_view name = "fee";
  using Aggregate = Account;
  using Event = MoneyDeposited;
  using Request = MoneyDeposited;
  using Answer = MoneyDeposited;
  static Request request(const Recorded<Event>& e) { return e.data; }
  static Asks<Account> answered(const Recorded<Event>& e, const Answer& fee) {
    example::v1::WithdrawMoney withdraw;
    withdraw.set_cents(fee.cents());
    return ask<Account>(e.id, withdraw);
  }
  static Asks<Account> failed(const Recorded<Event>&, const FailedAttempt&) { return {}; }
};

struct BankWithFees {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Fee>;
  using Public = troupe::Public<example::v1::DepositMoney, example::v1::WithdrawMoney>;
};

}  // namespace

TEST_CASE(
    "an embedded node serves between start and stop, with the program's own port and settings",
    "[contract][program]") {
  NatsServer nats;
  RedisServer redis;
  const auto client = nats.connect("client");
  std::atomic<int> asked = 0;
  Program program("bank");
  program.context<BankWithFees>()
      .settings("[fees]\n# Of each deposit.\ncents = 5\n")
      .effect<Fee>([&asked](const Settings& settings) {
        const auto cents = settings.number("fees.cents");
        return port_for<Fee>([&asked, cents](const PortCall<MoneyDeposited>&) {
          ++asked;
          MoneyDeposited fee;
          fee.set_cents(cents);
          return PortResult<MoneyDeposited>(fee);
        });
      });
  const auto send = [&](const std::string& command, const std::string& body) {
    return nats::read_client_reply(client->request_and_wait(
        "cmd.example.account.a-1." + command, {{"Content-Type", "application/json"}}, body, 5s));
  };
  const auto start = [&] {
    auto node =
        program.start("[node]\nname = \"embedded\"\nhealth = \"\"\n[nats]\nurl = \"" + nats->url()
                      + "\"\n[redis]\nurl = \"" + redis->url() + "\"\n[fees]\ncents = 7\n");
    if (!node) FAIL(node.error());
    return std::move(*node);
  };
  const auto serves = [&](const std::string& command, const std::string& body) {
    return eventually(
        10s, [&] { return send(command, body).kind == nats::ClientReply::Kind::accepted; });
  };

  auto node = start();
  CHECK(serves("DepositMoney", R"({"cents":"100"})"));
  CHECK(eventually(10s, [&] { return asked == 1; }));
  // 100 less the fee: nothing beyond it can be withdrawn, and all of it can.
  CHECK(eventually(10s, [&] {
    return send("WithdrawMoney", R"({"cents":"94"})").reason == "account.insufficient_funds";
  }));
  CHECK(send("WithdrawMoney", R"({"cents":"93"})").kind == nats::ClientReply::Kind::accepted);
  node->stop();
  node->stop();
  CHECK(send("DepositMoney", R"({"cents":"1"})").code == 503);

  node = start();
  CHECK(serves("DepositMoney", R"({"cents":"100"})"));
}
