// Clients whom nobody serves, for longer than faults explain, are caught.
#include "runtime/check/run/fault_times.hpp"
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;
using check::ClientEvent;
using check::FinishedRun;

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// Whatever happened since somebody asked for this happened so much later, the answers first.
/// Returns when it was asked.
std::int64_t delay_answers(FinishedRun& run, std::int64_t by) {
  const auto asked = std::ranges::find(*run.history, "cmd.ordering.order.o-guest.PlaceOrder",
                                       [](const auto& event) { return event.what.subject; });
  for (auto event = std::next(asked); event != run.history->end(); ++event) event->at_ns += by;
  return asked->at_ns;
}

/// A client asks every second, and nobody answers.
void ask_in_vain(FinishedRun& run, unsigned seconds) {
  for (unsigned attempt = 1; attempt <= seconds + 1; ++attempt) {
    ClientEvent event;
    event.at_ns = run.history->back().at_ns + second;
    event.what = {.process = "test-2",
                  .command_id = "client-in-vain",
                  .subject = "cmd.ordering.order.o-vain.CancelOrder",
                  .attempt = attempt};
    run.history->push_back(event);
  }
}

const std::vector<Mutation> availability_mutations{
    {"nobody was served for 16 s", "I23", [](auto& run) { delay_answers(run, 16 * second); }},
    {"nobody was served any more", "I23", [](auto& run) { ask_in_vain(run, 16); }},
    {"a fault explains less than the interruption", "I23",
     [](auto& run) {
       const auto begin = delay_answers(run, 40 * second);
       add_fault(run, "nats-kill", begin, begin + 20 * second);
     }},
    {"a fault was undone long before anybody was served", "I23",
     [](auto& run) {
       const auto begin = delay_answers(run, 40 * second);
       add_fault(run, "nats-kill", begin, begin + 40 * second, begin + 20 * second);
     }},
    {"a fault was at another time than the interruption", "I23",
     [](auto& run) {
       const auto begin = delay_answers(run, 16 * second);
       add_fault(run, "nats-kill", begin - 60 * second, begin - 30 * second);
     }},
};

std::uint64_t longest_ms(const check::Report& report) {
  return report.counters().at("interruption: longest, ms");
}

}  // namespace

TEST_CASE("interruptions that no fault explains are caught", "[check][mutation]") {
  for (const auto& mutation : availability_mutations) check_caught(mutation);
}

TEST_CASE("a fault and the recovery from it may interrupt", "[check][I23]") {
  const auto report = spoilt([](auto& run) {
    const auto begin = delay_answers(run, 34 * second);
    add_fault(run, "nats-kill", begin, begin + 33 * second, begin + 20 * second);
  });
  INFO(to_text(report));
  CHECK(report.passed());
  CHECK(longest_ms(report) / 1'000 == 34);
  CHECK(report.counters().at("interruption: beyond faults, ms") / 1'000 == 14);
}

TEST_CASE("when nobody asks, nobody is kept waiting", "[check][I23]") {
  const auto report = spoilt([](auto& run) {
    // The guest's repeat is sent an hour later.
    const auto repeat =
        std::ranges::find(*run.history, 2U, [](const auto& event) { return event.what.attempt; });
    for (auto event = repeat; event != run.history->end(); ++event) event->at_ns += 3'600 * second;
  });
  INFO(to_text(report));
  CHECK(report.passed());
  CHECK(longest_ms(report) < 1'000);
}

TEST_CASE("a node that is not available serves nobody, a refusal of the domain is a service",
          "[check][I23]") {
  const auto refused_for_20_s = [](RejectionCode code) {
    return spoilt([=](auto& run) {
      ask_in_vain(run, 20);
      for (auto event = run.history->end() - 21; event != run.history->end(); event += 2) {
        auto answer = *event;
        answer.type = ClientEvent::Type::rejected;
        answer.rejection = {.code = code, .text = "no"};
        event = run.history->insert(std::next(event), answer);
        --event;
      }
    });
  };
  CHECK(violated_in(refused_for_20_s(RejectionCode::unavailable)) == "I23");
  CHECK(violated_in(refused_for_20_s(RejectionCode::refused)).empty());
}

TEST_CASE("a few answers do not tell an interruption", "[check][I23]") {
  const auto report = spoilt([](auto& run) {
    std::erase_if(*run.history, [](const auto& event) {
      return event.type == ClientEvent::Type::ok && event.accepted.first_version != 0;
    });
  });
  CHECK(report.passed());
  CHECK(is_not_checked(report, "I23"));
}

TEST_CASE("faults are in force until they are undone, and overlapping ones count once", "[check]") {
  FinishedRun run;
  run.history.emplace();
  add_fault(run, "node-kill", 10, 50, 30);
  add_fault(run, "flushall", 20, 40);
  const check::FaultTimes faults(*run.history);
  CHECK(faults.in_force(0, 100).count() == 30);
  CHECK(faults.in_force(15, 25).count() == 10);
  CHECK(faults.in_force(40, 100).count() == 0);
}

TEST_CASE("a fault that strikes others than it was meant for is one fault", "[check]") {
  FinishedRun run;
  run.history.emplace();
  add_fault(run, "rolling-restart", 10, 20);
  run.history->front().fault.target = "n1, n2";
  ClientEvent later;
  later.type = ClientEvent::Type::invoke;
  later.at_ns = 1'000 * second;
  run.history->push_back(later);
  const check::FaultTimes faults(*run.history);
  CHECK(faults.in_force(0, later.at_ns).count() == 10);
  CHECK_FALSE(faults.explain(later.at_ns));
}
