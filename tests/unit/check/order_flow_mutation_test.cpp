// Every way in which orders, stock, money, mails and views can go wrong is caught by its invariant.
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

const std::vector<Mutation> saga_mutations{
    {"an order stays open", "I10 I17", {}, {"ordering.order.o-declined FailOrder"}},
    {"an order is confirmed after its cancellation", "I4 I8 I10 I12 I13",
     [](auto& run) {
       std::swap(commit(run, "ordering.order.o-refunded", "ConfirmOrder").bytes,
                 commit(run, "ordering.order.o-refunded", "CancelOrder").bytes);
       reforge(run, "ordering.order.o-refunded");
     }},
    {"a reservation forgets a line that it has to release", "I4 I10",
     [](auto& run) {
       edit<inventory::v1::ReservationReleased>(
           run, "inventory.reservation.o-declined", "ReleaseReservation",
           [](auto& event) { event.mutable_lines_to_release()->RemoveLast(); });
     }},
    {"a notification is neither sent nor given up",
     "I10",
     {},
     {"notifications.notification.o-guest-confirmed RecordSent"}},
    {"customers do not hear of their orders",
     "I10 I17",
     {},
     {"notifications.notification.o-guest-confirmed RequestNotification"}},
    {"stock is sold beyond what is on hand", "I11",
     [](auto& run) {
       edit<inventory::v1::StockReceived>(run, "inventory.stock.tea", "ReceiveStock",
                                          [](auto& event) { event.set_quantity(5); });
     }},
    {"stock is refused although there is enough", "I11",
     [](auto& run) {
       edit<inventory::v1::StockRefused>(run, "inventory.stock.coffee", "ReserveStock",
                                         [](auto& event) { event.set_quantity(0); });
     }},
    {"stock stays reserved", "I11 I17", {}, {"inventory.stock.tea ReleaseStock"}},
    {"a line of a confirmed order is not shipped",
     "I11 I13 I17",
     {},
     {"inventory.stock.tea ShipStock"}},
    {"what was shipped for a cancelled order is not restocked",
     "I13 I17",
     {},
     {"inventory.stock.tea RestockStock"}},
    {"stock is shipped twice", "I4 I11 I13",
     [](auto& run) {
       const auto id = decoded(commit(run, "inventory.stock.tea", "ShipStock")).command_id();
       repeat(run, "inventory.stock.tea", "ShipStock", id + "x");
     }},
    {"an amount changes between authorisation and capture", "I12",
     [](auto& run) {
       edit<payments::v1::PaymentCaptured>(
           run, "payments.payment.o-confirmed", "RecordCapture",
           [](auto& event) { event.mutable_amount()->set_amount_minor(1); });
     }},
    {"an order's total is not the sum of its lines", "I4 I12",
     [](auto& run) {
       edit<ordering::v1::OrderPlaced>(run, "ordering.order.o-hasty", "PlaceOrder",
                                       [](auto& event) { event.set_total_minor(7); });
     }},
    {"a payment is captured a second time", "I4 I10 I12 I13",
     [](auto& run) { repeat(run, "payments.payment.o-confirmed", "RecordCapture", "again"); }},
    {"a refund is missing", "I10 I12 I13", {}, {"payments.payment.o-refunded RecordRefund"}},
    {"a refund without a capture", "I4 I10 I12 I13 I17",
     [](auto& run) {
       auto refund = commit(run, "payments.payment.o-refunded", "RecordRefund");
       refund.subject = *Subject::parse("evt.payments.payment.o-declined");
       auto envelope = decoded(refund);
       envelope.set_id("o-declined");
       envelope.set_command_id("refund");
       envelope.set_epoch(epoch_of(run, refund.subject));
       refund.bytes = envelope.SerializeAsString();
       context(run, "payments").log.push_back(refund);
       reforge(run, "payments.payment.o-declined");
     }},
    {"an order that was rejected left a trace", "I4 I5 I13",
     [](auto& run) {
       auto opened = commit(run, "payments.payment.o-guest", "OpenPayment");
       opened.subject = *Subject::parse("evt.payments.payment.o-rejected");
       auto envelope = decoded(opened);
       envelope.set_id("o-rejected");
       envelope.set_command_id("trace");
       envelope.set_epoch(epoch_of(run, opened.subject));
       opened.bytes = envelope.SerializeAsString();
       context(run, "payments").log.push_back(opened);
       reforge(run, "payments.payment.o-rejected");
     }},
};

const std::vector<Mutation> effect_mutations{
    {"the gateway made a charge that no payment asked for", "I12",
     [](auto& run) {
       run.gateway->push_back(run.gateway->front());
       run.gateway->back().key = "somebody-elses";
       run.gateway->back().order_id = "o-rejected";
     }},
    {"the gateway never gave the answer", "I12", [](auto& run) { run.gateway->pop_back(); }},
    {"the gateway gave another answer", "I12",
     [](auto& run) { run.gateway->front().approved = false; }},
    {"one charge has two keys", "I12 I14",
     [](auto& run) {
       run.gateway->push_back(run.gateway->front());
       run.gateway->back().key = "another";
     }},
    {"one key has two amounts", "I12 I14",
     [](auto& run) {
       run.gateway->push_back(run.gateway->front());
       ++run.gateway->back().amount_minor;
     }},
    {"a mail came a second time with another Message-ID", "I14",
     [](auto& run) {
       run.mails->push_back(run.mails->front());
       run.mails->back().message_id = "<another@troupe>";
     }},
    {"a mail recorded as sent did not arrive", "I14", [](auto& run) { run.mails->pop_back(); }},
    {"a mail that nobody asked for", "I14",
     [](auto& run) { run.mails->front().order_id = "o-nobodys"; }},
};

const std::vector<Mutation> read_side_mutations{
    {"a view's row was changed", "I15",
     [](auto& run) {
       auto& bytes = context(run, "inventory").views["stock"].rows["tea"];
       inventory::v1::StockRow row;
       row.ParseFromString(bytes);
       row.set_on_hand(row.on_hand() + 1);
       bytes = row.SerializeAsString();
     }},
    {"a view has a row too many", "I15",
     [](auto& run) { context(run, "ordering").views["customer-orders"].rows["nobody"] = ""; }},
    {"a view's row is missing", "I15",
     [](auto& run) { context(run, "ordering").views["orders"].rows.erase("o-guest"); }},
    {"a view's checkpoint is before the end", "I15",
     [](auto& run) { --context(run, "ordering").views["orders"].checkpoint; }},
    {"a view's checkpoint is behind the end", "I15 I20",
     [](auto& run) { ++context(run, "ordering").views["orders"].checkpoint; }},
    {"a reader saw a view go back", "I16",
     [](auto& run) {
       const auto read = std::ranges::find(*run.history, check::ClientEvent::Type::read,
                                           &check::ClientEvent::type);
       read->read.position = context(run, "ordering").last_sequence;
       std::ranges::find(std::next(read), run.history->end(), check::ClientEvent::Type::read,
                         &check::ClientEvent::type)
           ->read.position = 1;
     }},
    {"a reader saw a view beyond its stream", "I16",
     [](auto& run) {
       std::ranges::find(run.history->rbegin(), run.history->rend(), check::ClientEvent::Type::read,
                         &check::ClientEvent::type)
           ->read.position = 1'000'000;
     }},
    {"an event had no effect on one who reacts to it",
     "I10 I11 I17",
     {},
     {"inventory.reservation.o-hasty ReleaseReservation"}},
    {"two events had their effect in the wrong order", "I10 I17",
     [](auto& run) {
       std::swap(commit(run, "payments.payment.o-hasty", "OpenPayment").bytes,
                 commit(run, "payments.payment.o-hasty", "CancelPayment").bytes);
       reforge(run, "payments.payment.o-hasty");
     }},
    {"an event is pending", "I18",
     [](auto& run) { context(run, "ordering").backlog->consumers.front().pending = 1; }},
    {"an event is not acknowledged", "I18",
     [](auto& run) { context(run, "ordering").backlog->consumers.front().ack_pending = 1; }},
    {"an event is parked", "I18",
     [](auto& run) {
       context(run, "payments").backlog->parked = {{.consumer = "payments-from-ordering",
                                                    .subject = "evt.ordering.order.o-guest",
                                                    .sequence = 1'000}};
     }},
    {"a timer is armed for an order that has ended", "I18",
     [](auto& run) {
       context(run, "ordering").backlog->timers = {"tmr.ordering.armed.order.o-guest.deadline",
                                                   "tmr.ordering.armed.order.o-unheard.deadline"};
     }},
};

}  // namespace

TEST_CASE("orders, stock and money gone wrong are caught", "[check][mutation]") {
  for (const auto& mutation : saga_mutations) check_caught(mutation);
}

TEST_CASE("calls to the outside gone wrong are caught", "[check][mutation]") {
  for (const auto& mutation : effect_mutations) check_caught(mutation);
}

TEST_CASE("a read side gone wrong is caught", "[check][mutation]") {
  for (const auto& mutation : read_side_mutations) check_caught(mutation);
}
