// What the program writes arrives, or the program says that it did not; and nothing that comes from
// outside takes over the terminal or the log it is shown on.
#include <fstream>

#include <unistd.h>
#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "runtime/nats/client/connection.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tests/support/system.hpp"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using troupe::nats::Connection;
using troupe::nats::Received;
using troupe::test::Ran;
using troupe::test::read_file;
using troupe::test::run_shop;
using troupe::test::System;
using troupe::tool::ChildProcess;
using troupe::tool::TempFolder;

/// Runs the program by a shell, with what the shell is told of its streams and environment.
Ran run_by_shell(const std::string& before, const std::string& arguments, const std::string& after,
                 const std::string& program = "shop") {
  const TempFolder folder("troupe-shell");
  auto shell = ChildProcess::start(
      {.argv = {"sh", "-c",
                before + " '" + troupe::test::binary(program) + "' " + arguments + " " + after
                    + " 2>'" + (folder.path() / "err").string() + "'"},
       .log = folder.path() / "out"});
  REQUIRE(shell);
  Ran ran{.code = shell->wait(60s).value_or(-1), .out = {}, .err = {}};
  ran.out = read_file(folder.path() / "out");
  ran.err = read_file(folder.path() / "err");
  return ran;
}

TEST_CASE("output that cannot be written is a sentence and no success", "[e2e][cli]") {
  const auto arguments = GENERATE(as<std::string>{}, "node --print-config", "--help", "send --help",
                                  "demo --memory --count 3", "demo --memory --count 3 --json");
  const auto to = GENERATE(as<std::string>{}, ">/dev/full", ">&-");
  const auto ran = run_by_shell("", arguments, to);
  INFO(arguments << " " << to << ": " << ran.err);
  CHECK(ran.code == 1);
  CHECK_THAT(ran.err, ContainsSubstring("shop: not all of the output could be written: "));
}

TEST_CASE("a code that says more than success stays when the output is lost", "[e2e][cli]") {
  CHECK(run_by_shell("", "dance", ">/dev/full").code == 2);
}

TEST_CASE("a stream that is closed is not taken for something that is opened later", "[e2e][cli]") {
  // Without its input, output and errors the demo opens files and sockets of the lowest numbers.
  const auto ran = run_by_shell("", "demo --memory --count 3", "<&- >&-");
  CHECK(ran.code == 1);
  CHECK(run_by_shell("", "demo --memory --count 3 --json 2>&-", "").code == 0);
}

TEST_CASE("without a folder for temporary files there is a sentence", "[e2e][cli]") {
  using Command = std::pair<std::string, std::string>;
  const auto [program, arguments] = GENERATE(
      Command{"shop", "demo --count 1"}, Command{"shop", "demo --memory --count 1"},
      Command{"troupe-bench", "flow --count 1"}, Command{"troupe-bench", "commands --seconds 0.1"});
  const auto ran = run_by_shell("TMPDIR=/no/such/folder", arguments, "", program);
  INFO(program << ' ' << arguments << ": " << ran.err);
  CHECK(ran.code == 2);
  CHECK_THAT(ran.err, StartsWith(program + ": ") && ContainsSubstring("/no/such/folder")
                          && ContainsSubstring("TMPDIR"));
}

TEST_CASE("a number that makes no sense is refused, not taken for another one", "[e2e][cli]") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"send", "ordering.order.o-1.CancelOrder", "--expected-version", "-1"},
           {"send", "ordering.order.o-1.CancelOrder", "--expected-version=-1"},
           {"send", "ordering.order.o-1.CancelOrder", "--expected-version", "18446744073709551616"},
           {"send", "ordering.order.o-1.CancelOrder", "--deadline", "nan"},
           {"query", "ordering.GetOrder", "--timeout", "nan"},
           {"demo", "--seed=-1"},
           {"demo", "--count=-1"},
           {"demo", "--decline-rate", "nan"},
           {"drive", "--history", ".", "--slots=-1"},
           {"drive", "--history", ".", "--rate", "nan"},
           {"drive", "--history", ".", "--open=-1"},
           {"gateway", "--seed=-1"},
           {"gateway", "--late-rate", "nan"},
           {"mail-sink", "--port=-1"},
           {"mail-sink", "--port", "65536"},
           {"check", "--settle=-1"},
           {"commands", "--seed=-1"},
           {"commands", "--rate", "inf"},
       }) {
    const auto* program = arguments[0] == "commands" ? "troupe-bench" : "shop";
    const auto ran = troupe::test::run_program(program, arguments);
    INFO(arguments[0] << ' ' << arguments.back() << ": " << ran.err);
    CHECK(ran.code == 2);
    CHECK_THAT(ran.out + ran.err, ContainsSubstring("--"));
  }
}

TEST_CASE("a file of orders in which no order is found is refused", "[e2e][cli]") {
  const TempFolder folder("troupe-orders");
  const auto file = (folder.path() / "orders.csv").string();
  const std::string columns = "InvoiceNo,StockCode,Quantity,UnitPrice,CustomerID";
  for (const auto& text : {columns + "\r1,A,2,1.00,5\r", columns + "\n", std::string()}) {
    std::ofstream(file) << text;
    const auto ran = run_shop({"demo", "--memory", "--orders", file});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.err, ContainsSubstring(file));
  }
}

/// Nothing that a terminal would obey, but line ends.
bool is_plain(const std::string& text) {
  return std::ranges::all_of(text,
                             [](unsigned char c) { return c == '\n' || (c >= ' ' && c != 0x7f); });
}

TEST_CASE("what a service answers cannot control the terminal it is shown on", "[e2e][cli]") {
  System system;
  const auto service = *Connection::open({.url = system.nats().url(), .name = "hostile"});
  const std::string evil = "gone\x1b[2J\x9b\x7f";
  const auto commands = *service->subscribe("cmd.>", "", [&](const Received& command) {
    (void)service->publish(
        command.reply(),
        {{"Nats-Service-Error", evil}, {"Nats-Service-Error-Code", "422"}, {"Troupe-Node", evil}},
        "");
  });
  const auto queries = *service->subscribe("qry.>", "", [&](const Received& query) {
    (void)service->publish(query.reply(), {{"Troupe-Position", evil}},
                           "{\"a\":\"\\u001b[2J\xc2\x9b\"}");
  });
  for (const bool as_json : {false, true}) {
    std::vector<std::string> send{"send", "ordering.order.o-1.CancelOrder", "{}", "--nats",
                                  system.nats().url()};
    std::vector<std::string> query{"query", "ordering.GetOrder", "{}", "--nats",
                                   system.nats().url()};
    if (as_json) send.emplace_back("--json"), query.emplace_back("--json");
    const auto sent = run_shop(send);
    CHECK(sent.code == 1);
    CHECK(is_plain(sent.out + sent.err));
    const auto asked = run_shop(query);
    CHECK(asked.code == 0);
    CHECK(is_plain(asked.out + asked.err));
  }
}

TEST_CASE("what anybody sends cannot add to a node's log but a line of it", "[e2e][node]") {
  System system;
  system.start_node("node-1", {"ordering"});
  const auto client = *Connection::open({.url = system.nats().url(), .name = "hostile"});
  // Text that is no UTF-8 in a protobuf body: protobuf itself would complain of it on stderr.
  const std::string body = "\x0a\x03\xff\xfe\x1b\x12\x03GBP";
  for (int i = 0; i < 5; ++i)
    (void)client->request_and_wait("cmd.ordering.order.o-1.PlaceOrder",
                                   {{"Content-Type", "application/protobuf"}}, body, 5s);
  const auto log = system.node_log("node-1");
  CHECK(is_plain(log));
  CHECK_THAT(log, !ContainsSubstring("libprotobuf"));
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) CHECK_THAT(line, StartsWith("["));
}

}  // namespace
