// What goes wrong between several nodes and in the streams under them is caught.
#include "inventory/v1/state.pb.h"
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;
using check::FinishedRun;

namespace {

const std::string guest = "ordering.order.o-guest";

check::ControlRecord& record(FinishedRun& run, const std::string& subject) {
  return *std::ranges::find(*run.control, subject, &check::ControlRecord::subject);
}

/// The claim under which the guest's order was placed.
check::ControlRecord& guests_claim(FinishedRun& run) {
  return run.control->at(decoded(commit(run, guest, "PlaceOrder")).epoch() - 1);
}

void change_claim(check::ControlRecord& record, const std::function<void(v1::Claim&)>& change) {
  v1::Claim claim;
  claim.ParseFromString(record.bytes);
  change(claim);
  record.bytes = claim.SerializeAsString();
}

/// The guest's last commit is of the node that had owned the slot before.
void write_late(FinishedRun& run) {
  edit(run, guest, "ConfirmOrder", [&](v1::Commit& c) {
    const auto slot = guests_claim(run).subject;
    c.set_node("n1");
    c.set_epoch(record(run, slot).sequence);
  });
}

std::int64_t end_of(const FinishedRun& run) { return run.history->back().at_ns; }

/// The last reader sees the view at its beginning. Returns when.
std::int64_t go_back(FinishedRun& run) {
  const auto last = std::ranges::find(run.history->rbegin(), run.history->rend(),
                                      check::ClientEvent::Type::read, &check::ClientEvent::type);
  last->read.position = 1;
  return last->at_ns;
}

constexpr std::int64_t hour_ns = 3'600'000'000'000;

const std::vector<Mutation> cluster_mutations{
    {"a commit was written under an epoch that nobody claimed", "I9",
     [](auto& run) {
       edit(run, guest, "ConfirmOrder", [](v1::Commit& c) { c.set_epoch(9'999); });
     }},
    {"a commit was written under another slot's epoch", "I9",
     [](auto& run) {
       edit(run, guest, "ConfirmOrder", [](v1::Commit& c) { c.set_epoch(c.epoch() - 1); });
     }},
    {"a commit was written by a node that had not claimed the slot", "I9",
     [](auto& run) { edit(run, guest, "ConfirmOrder", [](v1::Commit& c) { c.set_node("n3"); }); }},
    {"a commit was written under a slot's release", "I9",
     [](auto& run) { change_claim(guests_claim(run), [](auto& claim) { claim.clear_node(); }); }},
    {"a claim is another node's", "I9",
     [](auto& run) { change_claim(guests_claim(run), [](auto& claim) { claim.set_node("n3"); }); }},
    {"a claim is of a slot that there is not", "I9",
     [](auto& run) {
       run.control->push_back(
           {run.control->back().sequence + 1, "ctl.ordering.64", guests_claim(run).bytes});
     }},
    {"a second layout divides contexts otherwise", "I9",
     [](auto& run) {
       v1::Layout layout;
       layout.set_slots(32);
       run.control->push_back(
           {run.control->back().sequence + 1, "ctl.layout", layout.SerializeAsString()});
     }},
    {"a second system is recorded", "I9",
     [](auto& run) {
       v1::System system;
       system.set_id("s-2");
       run.control->push_back(
           {run.control->back().sequence + 1, "ctl.system", system.SerializeAsString()});
     }},
    {"a former owner wrote, and the faults were at another time", "I19",
     [](auto& run) {
       write_late(run);
       add_fault(run, "node-pause", end_of(run) - 2 * hour_ns, end_of(run) - hour_ns);
     }},
    {"a view went back while Redis was only out of reach", "I16",
     [](auto& run) {
       const auto at = go_back(run);
       add_fault(run, "partition-redis", at - 1, at);
     }},
    {"a stream was created anew", "I20",
     [](auto& run) { context(run, "ordering").stream->created.set_seconds(1); }},
    {"a stream is shorter than it was when it was accepted", "I20",
     [](auto& run) {
       auto& accepted = record(run, "ctl.incarnation.EVT_ORDERING");
       v1::Incarnation life;
       life.ParseFromString(accepted.bytes);
       life.set_last_sequence(life.last_sequence() + 1);
       accepted.bytes = life.SerializeAsString();
     }},
    {"a stream has lost its beginning", "I20",
     [](auto& run) { context(run, "ordering").stream->first_sequence = 7; }},
    {"a replica is behind", "I20",
     [](auto& run) {
       context(run, "ordering").backlog->replicas = {{.name = "nats-b", .current = true, .lag = 3}};
     }},
    {"a client's header was stored", "I22",
     [](auto& run) {
       context(run, "ordering").stream->headers["Nats-Msg-Id"] = {1, {5}};
     }},
    {"a commit lies in another context's stream", "I1 I10 I22",
     [](auto& run) {
       context(run, "notifications").log.back().subject =
           *Subject::parse("evt.ordering.notification.o-guest-confirmed");
     }},
    {"another version folds another state", "I24",
     [](auto& run) { run.states->begin()->second = "1:0"; }},
};

}  // namespace

TEST_CASE("what goes wrong between nodes and in streams is caught", "[check][mutation]") {
  for (const auto& mutation : cluster_mutations) check_caught(mutation);
}

TEST_CASE("a former owner's write within a fault is counted and allowed", "[check][I19]") {
  const auto report = spoilt([](auto& run) {
    write_late(run);
    add_fault(run, "node-pause", 0, end_of(run));
  });
  INFO(to_text(report));
  CHECK(report.passed());
  CHECK_FALSE(is_not_checked(report, "I19"));
  CHECK(report.counters().at("late writers") == 1);
  CHECK(report.counters().at("overlaps of ownership") == 1);
}

TEST_CASE("a former owner's write without a record of faults is not judged", "[check][I19]") {
  const auto report = spoilt(write_late);
  CHECK(report.passed());
  CHECK(is_not_checked(report, "I19"));
}

TEST_CASE("commits without an epoch are not checked for their writers", "[check][I9]") {
  const auto report = spoilt(
      [](auto& run) { edit(run, guest, "ConfirmOrder", [](v1::Commit& c) { c.set_epoch(0); }); });
  CHECK(report.passed());
  CHECK(is_not_checked(report, "I9"));
}

TEST_CASE("a view may go back when Redis lost it", "[check][I16]") {
  const auto report = spoilt([](auto& run) {
    const auto at = go_back(run);
    add_fault(run, "redis-flushall", at - 1, at);
  });
  INFO(to_text(report));
  CHECK(report.passed());
}

TEST_CASE("a state that is not a function of the events is noticed", "[check][I25]") {
  auto models = all_contexts();
  auto& stock =
      *std::ranges::find(std::ranges::find(models, "inventory", &ContextModel::name)->aggregates,
                         "stock", &AggregateModel::name);
  stock.evolve = [evolve = stock.evolve, calls = std::make_shared<int>(0)](Message& state,
                                                                           const Message& event) {
    evolve(state, event);
    static_cast<inventory::v1::StockState&>(state).set_received(++*calls);
  };
  auto run = good_run();
  run.states.reset();
  const auto report = check_shop(run, models);
  INFO(to_text(report));
  CHECK(violated_in(report) == "I25");
}
