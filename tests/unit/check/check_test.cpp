// The checker passes a good run, and says of every invariant what became of it.
#include "runtime/check/check.hpp"

#include <catch2/catch_all.hpp>

#include "tests/unit/check/good_run.hpp"
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;
using check::Report;

namespace {

/// The invariants with a gap, each once, in their order.
std::string not_checked_in(const Report& report) {
  std::string all;
  for (const auto& invariant : report.rules())
    if (std::ranges::any_of(report.not_checked(),
                            [&](const auto& gap) { return gap.invariant == invariant.id; }))
      all += (all.empty() ? "" : " ") + std::string(invariant.id);
  return all;
}

}  // namespace

TEST_CASE("a good run passes, and nothing is left unchecked", "[check]") {
  const auto report = check_shop(good_run());
  INFO(to_text(report));
  CHECK(report.passed());
  CHECK(not_checked_in(report).empty());
  CHECK(report.counters().at("orders placed") == 7);
  CHECK(report.counters().at("orders confirmed") == 2);
  CHECK(report.counters().at("orders rejected") == 1);
  CHECK(report.counters().at("refunds") == 1);
  CHECK(report.counters().at("commands: unknown for a while") == 1);
  CHECK_FALSE(report.counters().contains("commands: unsettled"));
}

TEST_CASE("what was not recorded is reported as not checked", "[check]") {
  const auto report = spoilt([](auto& run) {
    run.history.reset();
    run.gateway.reset();
    run.mails.reset();
    run.control.reset();
    run.states.reset();
    run.processes.reset();
    for (auto& context : run.contexts) {
      context.backlog.reset();
      context.stream.reset();
    }
  });
  INFO(to_text(report));
  CHECK(report.passed());
  CHECK(not_checked_in(report) == "I2 I4 I5 I6 I7 I8 I9 I12 I14 I16 I18 I19 I20 I21 I22 I23 I24");
}

TEST_CASE("without one of the contexts, how orders ended is not checked", "[check]") {
  const auto report = spoilt([](auto& run) {
    std::erase_if(run.contexts, [](const auto& context) { return context.context == "payments"; });
  });
  INFO(to_text(report));
  CHECK(violated_in(report) == "I24");  // of states that nobody has folded here
  CHECK(not_checked_in(report) == "I4 I10 I11 I12 I13 I17");
}

TEST_CASE("what another program's contexts did is said to be not checked, and is no violation",
          "[check]") {
  auto run = good_run();
  run.states.reset();
  auto models = all_contexts();
  std::erase_if(models, [](const auto& model) { return model.name == "payments"; });
  const auto report = check::check_run(run, models);
  INFO(to_text(report));
  CHECK(report.passed());
  CHECK(not_checked_in(report) == "I1 I4 I24");
}

TEST_CASE("a program without invariants of its own is not told that any of them hold", "[check]") {
  const auto report = check::check_run(good_run(), all_contexts());
  CHECK(report.passed());
  CHECK(report.rules().size() == check::invariants.size());
  CHECK_THAT(to_text(report), !Catch::Matchers::ContainsSubstring("I10 "));
}

TEST_CASE("rows that a projection leaves out or puts elsewhere are found by the shop's own books",
          "[check][I15]") {
  const std::string wrong_key = GENERATE("", "somebody");
  auto run = good_run();
  auto models = all_contexts();
  const auto ordering = std::ranges::find(models, "ordering", &ContextModel::name);
  const auto view = std::ranges::find(ordering->views, "orders", &ViewModel::name);
  view->key = [=](const auto&, const auto&) { return wrong_key; };
  auto& held = context(run, "ordering");
  held.views["orders"] = OrderFlow::projected(*view, held);
  const auto report = check_shop(run, models);
  INFO(to_text(report));
  CHECK(violated_in(report) == "I15");
}

TEST_CASE("refusals without version or body are counted as not checked", "[check][I8]") {
  const auto report = spoilt([](auto& run) {
    for (auto& event : *run.history) event.what.args.clear();
  });
  CHECK(report.passed());
  CHECK(not_checked_in(report) == "I8");
}

TEST_CASE("an unknown command may have happened or not, and is settled by its repeat", "[check]") {
  const auto report = spoilt([](auto& run) {
    forget(run, "cmd.ordering.order.o-confirmed.PlaceOrder");
    forget(run, "cmd.ordering.order.o-rejected.PlaceOrder");
  });
  INFO(to_text(report));
  CHECK(report.passed());
  CHECK(report.counters().at("unknown: happened") == 1);
  CHECK(report.counters().at("unknown: did not happen") == 1);
  CHECK(report.counters().at("commands: unsettled") == 2);
  CHECK(report.counters().at("commands: unknown for a while") == 3);
}

TEST_CASE("a call repeated with the same key is no second one", "[check][I14]") {
  const auto report = spoilt([](auto& run) {
    run.gateway->push_back(run.gateway->front());
    run.gateway->back().call = 2;
    run.mails->push_back(run.mails->front());
  });
  CHECK(report.passed());
  CHECK(report.counters().at("gateway repeats") == 1);
  CHECK(report.counters().at("mail repeats") == 1);
}

TEST_CASE("the report in JSON has a result for each invariant", "[check]") {
  const auto report = spoilt([](auto& run) { run.mails->pop_back(); });
  const auto json = to_json(report);
  CHECK(json.at("invariants").size() == 25);
  for (const auto& one : json.at("invariants")) {
    const auto id = one.at("id").template get<std::string>();
    CHECK(one.at("result") == (id == "I14" ? "violated" : "ok"));
  }
  CHECK(json.at("violations").at(0).at("invariant") == "I14");
  CHECK(json.at("not_checked").empty());
}

TEST_CASE("of many violations the first are kept and all are counted", "[check]") {
  Report report;
  for (int i = 0; i < 100; ++i) report.violated("I1", "broken", "somewhere");
  CHECK(report.found("I1") == 100);
  CHECK(report.violations().size() == Report::violations_kept_max);
  CHECK(to_json(report).at("found").at("I1") == 100);
  CHECK_THAT(to_text(report), Catch::Matchers::ContainsSubstring("100 violations"));
}
