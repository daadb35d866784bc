// Every way of spoiling a log or what clients were told of it is caught by its invariant.
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;
using check::ClientEvent;
using check::FinishedRun;
using Type = check::ClientEvent::Type;

namespace {

const std::string guest = "ordering.order.o-guest";
const std::string place_guest = "cmd." + guest + ".PlaceOrder";
const std::string receive_tea = "cmd.inventory.stock.tea.ReceiveStock";
const std::string place_refunded = "cmd.ordering.order.o-refunded.PlaceOrder";
const std::string cancel_refunded = "cmd.ordering.order.o-refunded.CancelOrder";
const std::string last_notification = "notifications.notification.o-guest-confirmed";

StoredCommit& last_of(FinishedRun& run, const std::string& name) {
  return context(run, name).log.back();
}

void rewrite(StoredCommit& stored, const std::function<void(v1::Commit&)>& change) {
  auto envelope = decoded(stored);
  change(envelope);
  stored.bytes = envelope.SerializeAsString();
}

/// The last answer of that kind to a command of that subject.
ClientEvent& last_told(FinishedRun& run, const std::string& subject, Type type) {
  return *std::find_if(run.history->rbegin(), run.history->rend(), [&](const auto& event) {
    return event.what.subject == subject && event.type == type;
  });
}

const std::vector<Mutation> log_mutations{
    {"an event is missing in the middle", "I1 I10",
     [](auto& run) {
       auto& log = context(run, "notifications").log;
       log.erase(log.begin()
                 + (&commit(run, "notifications.notification.o-hasty-cancelled", "RecordSent")
                    - log.data()));
     }},
    {"the log's tail is missing", "I1 I10",
     [](auto& run) { context(run, "notifications").log.pop_back(); }},
    {"a message is there twice", "I1 I3 I10",
     [](auto& run) {
       auto& stream = context(run, "notifications");
       stream.log.push_back(stream.log.back());
       stream.last_sequence = ++stream.log.back().sequence;
     }},
    {"two commits changed places", "I1 I4 I10",
     [](auto& run) {
       std::swap(commit(run, last_notification, "RequestNotification").bytes,
                 commit(run, last_notification, "RecordSent").bytes);
     }},
    {"a bit flipped", "I1",
     [](auto& run) {
       rewrite(commit(run, guest, "PlaceOrder"), [](auto& c) { c.set_traceparent("flipped"); });
     }},
    {"the hash of the previous commit is wrong", "I1",
     [](auto& run) {
       rewrite(last_of(run, "notifications"),
               [](auto& c) { c.set_previous_hash(std::string(32, 'x')); });
     }},
    {"an event has an unknown type", "I1 I10",
     [](auto& run) {
       rewrite(last_of(run, "notifications"),
               [](auto& c) { c.mutable_events(0)->set_type_url("x/notifications.v1.Lost"); });
     }},
    {"a commit says that it is another instance's", "I1 I10",
     [](auto& run) {
       rewrite(last_of(run, "notifications"), [](auto& c) { c.set_id("o-other"); });
     }},
    {"a command has two commits", "I3",
     [](auto& run) {
       const auto id = decoded(commit(run, "inventory.stock.tea", "ReceiveStock")).command_id();
       repeat(run, "inventory.stock.tea", "ReceiveStock", id);
     }},
    {"a command id was used by two instances", "I3 I4",
     [](auto& run) {
       auto sugar = commit(run, "inventory.stock.tea", "ReceiveStock");
       sugar.subject = *Subject::parse("evt.inventory.stock.sugar");
       rewrite(sugar, [&](auto& c) {
         c.set_id("sugar");
         c.set_epoch(epoch_of(run, sugar.subject));
       });
       context(run, "inventory").log.push_back(sugar);
       reforge(run, "inventory.stock.sugar");
     }},
    {"a command that no client sent has a commit", "I4",
     [](auto& run) { repeat(run, "inventory.stock.tea", "ReceiveStock", "ghost"); }},
    {"a commit's cause is not in the log", "I4",
     [](auto& run) {
       edit(run, guest, "ConfirmOrder",
            [](v1::Commit& c) { c.set_causation_id("evt.payments.payment.o-guest@77"); });
     }},
    {"a commit's cause asked for something else", "I4",
     [](auto& run) {
       edit(run, guest, "ConfirmOrder",
            [](v1::Commit& c) { c.set_causation_id("evt.payments.payment.o-guest@1"); });
     }},
    {"a command does not say what its cause asked for", "I4",
     [](auto& run) {
       edit(run, "payments.payment.o-guest", "OpenPayment", [](v1::Commit& c) {
         c.set_command_hash(command_hash(
             "OpenPayment", pb<payments::v1::OpenPayment>("amount { amount_minor: 1 }")));
       });
     }},
    {"an effect's answer came under a made-up id", "I4",
     [](auto& run) {
       edit(run, "payments.payment.o-guest", "RecordCapture",
            [](v1::Commit& c) { c.set_command_id("made-up"); });
     }},
};

const std::vector<Mutation> answer_mutations{
    {"a command was acknowledged that is not there", "I2",
     [](auto& run) { told(run, place_guest, Type::ok).what.command_id = "client-99"; }},
    {"a command was acknowledged with other versions", "I2",
     [](auto& run) { told(run, place_guest, Type::ok).accepted.last_version = 2; }},
    {"a command was acknowledged beyond the end of the log", "I2 I20",
     [](auto& run) { told(run, place_guest, Type::ok).accepted.sequence = 1'000'000; }},
    {"two commands were acknowledged at one place", "I2 I20",
     [](auto& run) {
       told(run, place_guest, Type::ok).accepted.sequence =
           told(run, cancel_refunded, Type::ok).accepted.sequence;
     }},
    {"a repeat got another answer than the first try", "I2",
     [](auto& run) {
       auto again = told(run, place_guest, Type::ok);
       ++again.accepted.first_version;
       ++again.accepted.last_version;
       run.history->push_back(again);
     }},
    {"a rejected command is in the log", "I5",
     [](auto& run) {
       auto& answer = told(run, receive_tea, Type::ok);
       answer.type = Type::rejected;
       answer.rejection = {.code = RejectionCode::malformed, .text = "malformed"};
     }},
    {"a command of which nothing was needed is in the log", "I5",
     [](auto& run) {
       auto& answer = told(run, "cmd.ordering.order.o-hasty.CancelOrder", Type::ok);
       answer.accepted = {};
     }},
    {"an unknown was refused on the version it was accepted on", "I5 I8",
     [](auto& run) {
       auto& answer = told(run, place_guest, Type::ok);
       answer.type = Type::rejected;
       answer.rejection = {.code = RejectionCode::refused,
                           .text = "refused",
                           .reason = "order.no_lines",
                           .decided_at = 0};
     }},
    {"of an unknown the last events are missing", "I1 I4 I6",
     [](auto& run) {
       forget(run, receive_tea);
       bool later = false;
       for (auto& stored : context(run, "inventory").log) {
         if (stored.subject.str() != "evt.inventory.stock.tea") continue;
         if (later) rewrite(stored, [](auto& c) { c.set_first_version(c.first_version() + 1); });
         later = true;
       }
       derive(run);
     }},
    {"an unknown is stored in pieces", "I3 I6",
     [](auto& run) {
       const auto id = told(run, receive_tea, Type::invoke).what.command_id;
       forget(run, receive_tea);
       repeat(run, "inventory.stock.tea", "ReceiveStock", id);
     }},
    {"times are reordered: answered before another was sent, but behind it", "I7",
     [](auto& run) {
       told(run, "cmd.ordering.order.o-hasty.PlaceOrder", Type::invoke).at_ns =
           told(run, "cmd.ordering.order.o-hasty.CancelOrder", Type::ok).at_ns + 1;
     }},
    {"a refusal was decided on a stale version", "I8",
     [](auto& run) {
       auto& rejection = last_told(run, place_refunded, Type::rejected).rejection;
       rejection.decided_at = *rejection.decided_at - 1;
     }},
    {"a refusal was decided on a version of the future", "I8",
     [](auto& run) {
       auto& rejection = told(run, place_refunded, Type::rejected).rejection;
       rejection.decided_at = *rejection.decided_at + 1;
     }},
    {"a refusal was decided on a version that never was", "I8",
     [](auto& run) { told(run, place_guest, Type::rejected).rejection.decided_at = 99; }},
    {"a refusal names a reason that the domain has not", "I8",
     [](auto& run) { told(run, place_guest, Type::rejected).rejection.reason = "order.no_lines"; }},
    {"a command was refused that the domain takes", "I8",
     [](auto& run) {
       told(run, "cmd.ordering.order.o-rejected.PlaceOrder", Type::invoke).what.args =
           told(run, place_guest, Type::invoke).what.args;
     }},
    {"nothing was needed, they said, but it was", "I8",
     [](auto& run) {
       const auto then = told(run, place_refunded, Type::ok).at_ns + 1;
       last_told(run, cancel_refunded, Type::invoke).at_ns = then;
       last_told(run, cancel_refunded, Type::ok).at_ns = then;
     }},
};

}  // namespace

TEST_CASE("a spoilt log is caught", "[check][mutation]") {
  for (const auto& mutation : log_mutations) check_caught(mutation);
}

TEST_CASE("wrong answers to clients are caught", "[check][mutation]") {
  for (const auto& mutation : answer_mutations) check_caught(mutation);
}

TEST_CASE("a client's command with the id of one that an event asks for is another command",
          "[check][mutation]") {
  const auto report = spoilt([](auto& run) {
    const auto asked = decoded(commit(run, "inventory.stock.tea", "ReserveStock")).command_id();
    rewrite(commit(run, "inventory.stock.tea", "ReceiveStock"),
            [&](auto& c) { c.set_command_id(asked); });
    const auto sent = told(run, receive_tea, Type::invoke).what.command_id;
    for (auto& event : *run.history)
      if (event.what.command_id == sent) event.what.command_id = asked;
    forge(context(run, "inventory"));
    derive(run);
  });
  INFO(to_text(report));
  CHECK(report.passed());
}
