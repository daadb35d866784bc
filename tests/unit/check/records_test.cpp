// The records of a run survive the death of the process that writes them.
#include <filesystem>
#include <fstream>

#include <catch2/catch_all.hpp>

#include "runtime/check/history/history.hpp"
#include "runtime/check/run/collect.hpp"
#include "tools/servers/temp_folder.hpp"
#include "tools/shop/books/shop_invariants.hpp"

using namespace troupe;
using namespace troupe::check;
using troupe::tool::GatewayLedger;
using troupe::tool::MailLedger;
using troupe::tool::ShopInvariants;
using troupe::tool::TempFolder;

namespace {

const CommandTry first_try{.process = "demo-1",
                           .command_id = "c-1",
                           .subject = "cmd.ordering.order.o-1.PlaceOrder",
                           .attempt = 1};

void append(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::app) << text;
}

}  // namespace

TEST_CASE("a history is read as it was written", "[history]") {
  const TempFolder folder("history");
  {
    auto history = History::open(folder.path()).value();
    history.invoke(first_try);
    history.answered(first_try, Accepted{.first_version = 1,
                                         .last_version = 2,
                                         .stream = "EVT_ORDERING",
                                         .sequence = 9,
                                         .duplicate = true});
    history.answered(first_try, Rejected{.code = RejectionCode::refused,
                                         .text = "no: it is late",
                                         .reason = "late",
                                         .decided_at = 3});
    history.answered(first_try, Unknown{.text = "timeout"});
  }
  const auto events = read_history(folder.path()).value();
  REQUIRE(events.size() == 4);
  CHECK(events[0].type == ClientEvent::Type::invoke);
  CHECK(events[0].what.subject == first_try.subject);
  CHECK(events[1].accepted.sequence == 9);
  CHECK(events[1].accepted.duplicate);
  CHECK(events[2].rejection.code == RejectionCode::refused);
  CHECK(events[2].rejection.text == "no: it is late");
  CHECK(events[2].rejection.reason == "late");
  CHECK(events[2].rejection.decided_at == 3);
  CHECK(events[3].why == "timeout");
  CHECK(events[0].at_ns <= events[3].at_ns);
}

TEST_CASE("a history holds a command's body once, reads of views, and faults", "[history]") {
  const TempFolder folder("history");
  {
    auto history = History::open(folder.path()).value();
    auto with_body = first_try;
    with_body.args = R"({"currency":"EUR"})";
    with_body.issued_at = Time(std::chrono::milliseconds(1'234));
    history.invoke(with_body);
    history.read("c7", {.view = "ordering/orders", .position = 14});
  }
  append(folder.path() / history_file,
         R"({"t":6,"type":"nemesis","fault":"node-kill","phase":"start","target":"n2"})"
         "\n");
  const auto events = read_history(folder.path()).value();
  REQUIRE(events.size() == 3);
  CHECK(events[0].what.args == R"({"currency":"EUR"})");
  CHECK(events[0].what.issued_at == Time(std::chrono::milliseconds(1'234)));
  CHECK(events[1].what.process == "c7");
  CHECK(events[1].read.view == "ordering/orders");
  CHECK(events[1].read.position == 14);
  CHECK(events[2].fault.fault == "node-kill");
  CHECK(events[2].fault.phase == "start");
  CHECK(events[2].fault.kind == "node-kill");
  CHECK(events[2].fault.target == "n2");
}

TEST_CASE("a run takes the faults from beside its history", "[history]") {
  const TempFolder folder("history");
  History::open(folder.path()).value().invoke(first_try);
  append(folder.path() / nemesis_file,
         R"({"t":6,"type":"nemesis","fault":3,"kind":"flushall","phase":"stop","target":"redis"})"
         "\n");
  FinishedRun run;
  REQUIRE(add_records(run, folder.path()));
  REQUIRE(run.history->size() == 2);
  CHECK(run.history->back().fault.fault == "3");
  CHECK(run.history->back().fault.kind == "flushall");
  CHECK(run.history->back().fault.phase == "stop");
}

TEST_CASE("a run takes the samples of its processes", "[history]") {
  const TempFolder folder("history");
  History::open(folder.path()).value().invoke(first_try);
  append(folder.path() / process_samples_file,
         R"({"t":6,"type":"process","process":"node-1","pid":7,"rss_kb":51200,"threads":20,)"
         R"("fds":40,"instances":300})"
         "\n"
         R"({"t":6,"type":"process","process":"redis","pid":8,"rss_kb":1,"threads":2,"fds":3})"
         "\n");
  FinishedRun run;
  REQUIRE(add_records(run, folder.path()));
  REQUIRE(run.processes->size() == 2);
  const auto& node = run.processes->front();
  CHECK(node.at_ns == 6);
  CHECK(node.process == "node-1");
  CHECK(node.pid == 7);
  CHECK(node.rss_kb == 51'200);
  CHECK(node.threads == 20);
  CHECK(node.fds == 40);
  CHECK(node.instances == 300);
  CHECK_FALSE(run.processes->back().instances);

  append(folder.path() / process_samples_file, "{\"t\":7,\"process\":\"redis\"}\n");
  const auto broken = add_records(run, folder.path());
  REQUIRE_FALSE(broken);
  CHECK_THAT(broken.error().what, Catch::Matchers::ContainsSubstring("processes.jsonl:3"));
}

TEST_CASE("a torn last line is ignored by the reader and cut off by the next writer", "[history]") {
  const TempFolder folder("history");
  const auto file = folder.path() / history_file;
  History::open(folder.path()).value().invoke(first_try);
  append(file, R"({"t":1,"p":"demo)");
  CHECK(read_history(folder.path()).value().size() == 1);

  History::open(folder.path()).value().invoke(first_try);
  CHECK(read_history(folder.path()).value().size() == 2);
}

TEST_CASE("a line in the middle that makes no sense is named", "[history]") {
  const TempFolder folder("history");
  append(folder.path() / history_file, "{\"t\":1}\n{}\n");
  const auto events = read_history(folder.path());
  REQUIRE_FALSE(events);
  CHECK_THAT(events.error().what, Catch::Matchers::ContainsSubstring("history.jsonl:1"));
}

TEST_CASE("a run takes the records there are, and refuses a folder without any", "[history]") {
  const TempFolder folder("history");
  FinishedRun run;
  CHECK_FALSE(add_records(run, folder.path()));

  auto gateway = GatewayLedger::open(folder.path()).value();
  gateway.record({.key = "k",
                  .operation = "capture",
                  .order_id = "o-1",
                  .amount_minor = 5,
                  .currency = "EUR",
                  .approved = true,
                  .reference = "r",
                  .code = "",
                  .call = 1});
  auto mails = MailLedger::open(folder.path()).value();
  mails.record(
      {.message_id = "<m>", .to = "a@b", .subject = "s", .order_id = "o-1", .kind = "confirmed"});
  ShopInvariants shop;
  REQUIRE(add_records(run, folder.path(), &shop));
  CHECK_FALSE(run.history);
  CHECK(shop.ledgers().gateway->at(0).amount_minor == 5);
  CHECK(shop.ledgers().mails->at(0).message_id == "<m>");
}
