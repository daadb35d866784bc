// The checker passes a good run and catches every way of spoiling it.
#include "tools/troupe/check/check.hpp"

#include <functional>

#include <catch2/catch_all.hpp>

#include "tests/unit/check/good_run.hpp"
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;
using tool::check;
using tool::ClientEvent;
using tool::FinishedRun;
using tool::Report;

namespace {

bool is_not_checked(const Report& report, std::string_view invariant) {
  return std::ranges::any_of(report.not_checked(),
                             [&](const auto& gap) { return gap.invariant == invariant; });
}

ClientEvent& told(FinishedRun& run, const std::string& subject, ClientEvent::Type type) {
  return *std::ranges::find_if(*run.history, [&](const auto& event) {
    return event.what.subject == subject && event.type == type;
  });
}

/// The history without that answer: its client never heard of it.
void forget(FinishedRun& run, const std::string& subject) {
  std::erase_if(*run.history, [&](const auto& event) {
    return event.what.subject == subject && event.type != ClientEvent::Type::invoke;
  });
}

}  // namespace

TEST_CASE("a good run passes, and nothing of it is left unchecked", "[check]") {
  const auto report = check(good_run());
  INFO(to_text(report));
  CHECK(report.passed());
  CHECK(report.not_checked().empty());
  CHECK(report.counters().at("orders placed") == 7);
  CHECK(report.counters().at("orders confirmed") == 2);
  CHECK(report.counters().at("orders rejected") == 1);
  CHECK(report.counters().at("refunds") == 1);
}

TEST_CASE("what was not recorded is reported as not checked", "[check]") {
  const auto report = spoilt([](auto& run) {
    run.history.reset();
    run.gateway.reset();
    run.mails.reset();
    for (auto& context : run.contexts) context.backlog.reset();
  });
  CHECK(report.passed());
  for (const auto* id : {"I2", "I4", "I5", "I6", "I12", "I14", "I18"})
    CHECK(is_not_checked(report, id));
}

TEST_CASE("without one of the contexts, how orders ended is not checked", "[check]") {
  const auto report = spoilt([](auto& run) {
    std::erase_if(run.contexts, [](const auto& context) { return context.context == "payments"; });
  });
  CHECK(report.passed());
  for (const auto* id : {"I4", "I10", "I11", "I12", "I13"}) CHECK(is_not_checked(report, id));
}

TEST_CASE("a commit that is missing breaks the log", "[check][I1]") {
  const auto report = spoilt([](auto& run) {
    auto& log = context(run, "payments").log;
    log.erase(log.begin() + 1);
  });
  CHECK(report.found("I1") > 0);
}

TEST_CASE("a commit missing at the end breaks the log", "[check][I1]") {
  CHECK(spoilt([](auto& run) { context(run, "payments").log.pop_back(); }).found("I1") > 0);
}

TEST_CASE("two commits that changed places break the log", "[check][I1]") {
  const auto report = spoilt([](auto& run) {
    auto& placed = commit(run, "ordering.order.o-confirmed", "PlaceOrder");
    auto& confirmed = commit(run, "ordering.order.o-confirmed", "ConfirmOrder");
    std::swap(placed.bytes, confirmed.bytes);
  });
  CHECK(report.found("I1") > 0);
}

TEST_CASE("a flipped bit breaks the hash chain", "[check][I1]") {
  const auto report = spoilt([](auto& run) {
    auto& placed = commit(run, "ordering.order.o-confirmed", "PlaceOrder");
    auto envelope = decoded(placed);
    envelope.set_node("another");
    placed.bytes = envelope.SerializeAsString();
  });
  CHECK(report.found("I1") == 1);
}

TEST_CASE("an unknown event breaks the log", "[check][I1]") {
  const auto report = spoilt([](auto& run) {
    edit(run, "ordering.order.o-guest", "PlaceOrder",
         [](v1::Commit& c) { c.mutable_events(0)->set_type_url("x/ordering.v1.OrderLost"); });
  });
  CHECK(report.found("I1") > 0);
}

TEST_CASE("a commit in another instance's place breaks the log", "[check][I1]") {
  const auto report = spoilt([](auto& run) {
    edit(run, "ordering.order.o-guest", "PlaceOrder", [](v1::Commit& c) { c.set_id("o-other"); });
  });
  CHECK(report.found("I1") == 1);
}

TEST_CASE("an acknowledged command that is not in the log is lost", "[check][I2]") {
  const auto report = spoilt([](auto& run) {
    told(run, "cmd.ordering.order.o-guest.PlaceOrder", ClientEvent::Type::ok).what.command_id =
        "client-99";
  });
  CHECK(report.found("I2") == 1);
}

TEST_CASE("a command acknowledged with other versions is lost", "[check][I2]") {
  const auto report = spoilt([](auto& run) {
    told(run, "cmd.ordering.order.o-guest.PlaceOrder", ClientEvent::Type::ok)
        .accepted.last_version = 2;
  });
  CHECK(report.found("I2") == 1);
}

TEST_CASE("a command with two commits happened twice", "[check][I3]") {
  const auto report = spoilt([](auto& run) {
    const auto id = decoded(commit(run, "inventory.stock.tea", "ReceiveStock")).command_id();
    repeat(run, "inventory.stock.tea", "ReceiveStock", id);
  });
  CHECK(report.found("I3") == 1);
}

TEST_CASE("a command that no client sent is a ghost", "[check][I4]") {
  const auto report =
      spoilt([](auto& run) { repeat(run, "inventory.stock.tea", "ReceiveStock", "ghost"); });
  CHECK(report.found("I4") == 1);
}

TEST_CASE("a cause that is not in the log is forged", "[check][I4]") {
  const auto report = spoilt([](auto& run) {
    edit(run, "ordering.order.o-guest", "ConfirmOrder",
         [](v1::Commit& c) { c.set_causation_id("evt.payments.payment.o-guest@77"); });
  });
  CHECK(report.found("I4") == 1);
}

TEST_CASE("a cause that asked for something else is forged", "[check][I4]") {
  const auto report = spoilt([](auto& run) {
    edit(run, "ordering.order.o-guest", "ConfirmOrder",
         [](v1::Commit& c) { c.set_causation_id("evt.payments.payment.o-guest@1"); });
  });
  CHECK(report.found("I4") == 1);
}

TEST_CASE("a command that does not say what its cause asked for is forged", "[check][I4]") {
  const auto report = spoilt([](auto& run) {
    edit(run, "payments.payment.o-guest", "OpenPayment", [](v1::Commit& c) {
      c.set_command_hash(
          command_hash("OpenPayment", pb<payments::v1::OpenPayment>("amount { amount_minor: 1 }")));
    });
  });
  CHECK(report.found("I4") == 1);
}

TEST_CASE("an effect's answer under another id is forged", "[check][I4]") {
  const auto report = spoilt([](auto& run) {
    edit(run, "payments.payment.o-guest", "RecordCapture",
         [](v1::Commit& c) { c.set_command_id("made-up"); });
  });
  CHECK(report.found("I4") == 1);
}

TEST_CASE("a rejected command that is in the log was not rejected", "[check][I5]") {
  const auto report = spoilt([](auto& run) {
    auto& answer = told(run, "cmd.ordering.order.o-guest.PlaceOrder", ClientEvent::Type::ok);
    answer.type = ClientEvent::Type::rejected;
    answer.rejection = {.code = 422, .text = "order.no_lines", .decided_at = 0};
  });
  CHECK(report.found("I5") >= 1);
}

TEST_CASE("an unknown command refused on the version it was accepted on is decided twice",
          "[check][I5]") {
  const auto report = spoilt([](auto& run) {
    auto repeat = told(run, "cmd.ordering.order.o-guest.PlaceOrder", ClientEvent::Type::invoke);
    forget(run, repeat.what.subject);
    repeat.what.attempt = 2;
    run.history->push_back(repeat);
    repeat.type = ClientEvent::Type::rejected;
    repeat.rejection = {.code = 422, .text = "order.no_lines", .decided_at = 0};
    run.history->push_back(repeat);
  });
  CHECK(report.found("I5") == 1);
}

TEST_CASE("an order that was rejected left no trace", "[check][I5]") {
  const auto report = spoilt([](auto& run) {
    auto& log = context(run, "payments").log;
    log.push_back(commit(run, "payments.payment.o-guest", "OpenPayment"));
    log.back().subject = *Subject::parse("evt.payments.payment.o-rejected");
    forge(context(run, "payments"));
  });
  CHECK(report.found("I5") == 1);
}

TEST_CASE("an unknown command may have happened or not", "[check][I6]") {
  const auto report = spoilt([](auto& run) {
    forget(run, "cmd.ordering.order.o-guest.PlaceOrder");
    forget(run, "cmd.ordering.order.o-rejected.PlaceOrder");
  });
  CHECK(report.passed());
  CHECK(report.counters().at("unknown: happened") == 1);
  CHECK(report.counters().at("unknown: did not happen") == 1);
}

TEST_CASE("an unknown command that is stored in pieces is not whole", "[check][I6]") {
  const auto report = spoilt([](auto& run) {
    const auto subject = "cmd.inventory.stock.tea.ReceiveStock";
    const auto id = told(run, subject, ClientEvent::Type::invoke).what.command_id;
    forget(run, subject);
    repeat(run, "inventory.stock.tea", "ReceiveStock", id);
  });
  CHECK(report.found("I6") == 1);
}

TEST_CASE("an unknown command whose last events are missing is not whole", "[check][I6]") {
  const auto report = spoilt([](auto& run) {
    const auto subject = "cmd.inventory.stock.tea.ReceiveStock";
    forget(run, subject);
    bool later = false;
    for (auto& stored : context(run, "inventory").log) {
      if (stored.subject.str() != "evt.inventory.stock.tea") continue;
      auto envelope = decoded(stored);
      if (later) envelope.set_first_version(envelope.first_version() + 1);
      later = true;
      stored.bytes = envelope.SerializeAsString();
    }
  });
  CHECK(report.found("I6") == 1);
}

TEST_CASE("of many violations the first are kept and all are counted", "[check]") {
  Report report;
  for (int i = 0; i < 100; ++i) report.violated("I1", "broken", "somewhere");
  CHECK(report.found("I1") == 100);
  CHECK(report.violations().size() == Report::violations_kept_max);
  CHECK(to_json(report).at("found").at("I1") == 100);
  CHECK_THAT(to_text(report), Catch::Matchers::ContainsSubstring("100 violations"));
}
