// Poison is parked, and excused; nothing else is.
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;
using check::FinishedRun;

namespace {

const std::string poisoned = "ordering.order.poison-1";
const std::string consumer = "inventory-from-ordering";

void mark_poison(FinishedRun& run, const std::string& subject) {
  check::ClientEvent mark;
  mark.type = check::ClientEvent::Type::nemesis;
  mark.at_ns = run.history->back().at_ns;
  mark.fault = {.fault = "3", .kind = "poison-event", .phase = "poison", .target = subject};
  run.history->push_back(mark);
}

std::vector<check::ParkedRecord>& parked(FinishedRun& run) {
  return context(run, "inventory").backlog->parked;
}

/// An order that no PlaceOrder would have led to: its reservation is refused as malformed, and its
/// cancellation waits behind that. Payment and customer hear of both.
ShopRun poisoned_run(std::vector<std::string> lost = {
                         "inventory.reservation.poison-1 ReleaseReservation"}) {
  OrderFlow flow;
  flow.lost = std::move(lost);
  receive(flow, "tea", 100);
  flow.send("ordering.order.o-good", order_of("tea", 1));
  auto place = order_of("tea", 1);
  place.mutable_lines(0)->set_article_id("no article");
  auto placed = std::make_unique<ordering::v1::OrderPlaced>();
  placed->set_customer_id(place.customer_id());
  placed->set_currency(place.currency());
  *placed->mutable_lines() = place.lines();
  placed->set_total_minor(501);
  flow.inject(poisoned, place, std::move(placed));
  flow.fire(poisoned, "deadline", ordering::v1::ExpireOrder{});
  auto run = flow.finish();
  for (const auto& stored : context(run, "ordering").log)
    if (stored.subject.str() == "evt." + poisoned)
      parked(run).push_back({.consumer = consumer,
                             .subject = stored.subject.str(),
                             .sequence = stored.sequence,
                             .cause = "reservation.bad_lines"});
  mark_poison(run, "evt." + poisoned);
  return run;
}

const std::vector<Mutation> mutations{
    {"poison that is parked, and what waits behind it, is excused", "", {}},
    {"nobody poisoned it", "I4 I10 I18", [](auto& run) { run.history->pop_back(); }},
    {"somebody else was poisoned, too, and is not parked", "I18",
     [](auto& run) { mark_poison(run, "evt.ordering.order.poison-2"); }},
    {"an event of another instance is parked", "I18",
     [](auto& run) {
       parked(run).push_back(
           {.consumer = consumer, .subject = "evt.ordering.order.o-good", .sequence = 1'000});
     }},
    {"poison vanished from where it was parked", "I17 I18", [](auto& run) { parked(run).clear(); }},
    {"what waits behind poison vanished", "I17", [](auto& run) { parked(run).pop_back(); }},
    {"a poisoned instance has a second commit that nobody asked for", "I4",
     [](auto& run) {
       edit(run, poisoned, "ExpireOrder", [](v1::Commit& c) { c.set_command_id("made-up"); });
     }},
    {"a poisoned instance goes on under an epoch that nobody claimed", "I9",
     [](auto& run) {
       edit(run, poisoned, "ExpireOrder", [](v1::Commit& c) { c.set_epoch(9'999); });
     }},
};

}  // namespace

TEST_CASE("an event that is handled before what is parked on its instance is caught",
          "[check][poison][I17]") {
  CHECK(violated_in(check_shop(poisoned_run({}))) == "I17");
}

TEST_CASE("those who can handle poison must do so", "[check][poison]") {
  CHECK(violated_in(check_shop(poisoned_run({"inventory.reservation.poison-1 ReleaseReservation",
                                             "payments.payment.poison-1 CancelPayment"})))
        == "I10 I17");
}

TEST_CASE("poison is excused where it is parked, and nowhere else", "[check][poison][mutation]") {
  for (const auto& mutation : mutations) check_caught(mutation, [] { return poisoned_run(); });
}
