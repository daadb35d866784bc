// A message that is no commit is found, and excused when an operator has decided that it is
// skipped.
#include "runtime/check/invariants/invariants.hpp"
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;
using check::FinishedRun;

namespace {

const std::string guests = "evt.ordering.order.o-guest";

const std::vector<Mutation> mutations{
    {"an instance's message is no commit", "I1",
     [](auto& run) { write(run, "ordering", guests, "x"); }},
    {"it is skipped", "",
     [](auto& run) { skip(run, "ordering", write(run, "ordering", guests, "x")); }},
    {"a message lies on an illegal subject", "I1 I22",
     [](auto& run) { write(run, "ordering", "evt.ordering.order.a$b", "x"); }},
    {"that is skipped", "",
     [](auto& run) {
       skip(run, "ordering", write(run, "ordering", "evt.ordering.order.a$b", "x"));
     }},
    {"other bytes are skipped than are there", "I1",
     [](auto& run) {
       auto& stored = write(run, "ordering", guests, "x");
       skip(run, "ordering", stored);
       stored.bytes = "y";
     }},
    {"a skipped message has headers that none should have", "",
     [](auto& run) {
       const auto& stored = write(run, "ordering", guests, "x");
       context(run, "ordering").stream->headers["X-Strange"] = {1, {stored.sequence}};
       skip(run, "ordering", stored);
     }},
    {"another one has them, too", "I22",
     [](auto& run) {
       const auto& stored = write(run, "ordering", guests, "x");
       context(run, "ordering").stream->headers["X-Strange"] = {2, {1, stored.sequence}};
       skip(run, "ordering", stored);
     }},
    {"a message is parked that is no commit", "I1 I18",
     [](auto& run) {
       const auto& stored = write(run, "ordering", guests, "x");
       context(run, "inventory")
           .backlog->parked.push_back({.consumer = "inventory-from-ordering",
                                       .stream = "EVT_ORDERING",
                                       .subject = guests,
                                       .sequence = stored.sequence,
                                       .cause = "it is no commit"});
     }},
    {"a skipped message is still parked", "",
     [](auto& run) {
       const auto& stored = write(run, "ordering", guests, "x");
       context(run, "inventory")
           .backlog->parked.push_back({.consumer = "inventory-from-ordering",
                                       .stream = "EVT_ORDERING",
                                       .subject = guests,
                                       .sequence = stored.sequence,
                                       .cause = "it is no commit"});
       skip(run, "ordering", stored);
     }},
    {"a decision makes no sense", "I9",
     [](auto& run) {
       run.control->push_back({.sequence = run.control->size() + 1,
                               .subject = "ctl.skip.EVT_ORDERING.1",
                               .bytes = "x"});
     }},
};

}  // namespace

TEST_CASE("what is no commit is a violation until it is skipped", "[check][poison][mutation]") {
  for (const auto& mutation : mutations) check_caught(mutation);
}

TEST_CASE("the commit behind a skipped message continues the versions and has its hash",
          "[check][poison][I1]") {
  auto run = good_run();
  auto& log = context(run, "ordering").log;
  const auto last = std::ranges::find(log.rbegin(), log.rend(), guests,
                                      [](const auto& stored) { return stored.subject.str(); });
  auto next = decoded(*last);
  next.set_first_version(next.first_version() + static_cast<std::uint64_t>(next.events_size()));
  next.set_command_id("behind-it");
  const bool chained = GENERATE(true, false);
  next.set_previous_hash(sha256(chained ? std::string("x") : last->bytes));
  skip(run, "ordering", write(run, "ordering", guests, "x"));
  write(run, "ordering", guests, next.SerializeAsString());

  check::Report report;
  check::check_log(check::DecodedRun(run, all_contexts(), report), report);
  CHECK(violated_in(report) == (chained ? "" : "I1"));
}
