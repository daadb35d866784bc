// The checker catches every way in which orders, stock, money, mails and views can go wrong.
#include <catch2/catch_all.hpp>

#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("an order left open has not ended", "[check][I10]") {
  const auto report =
      spoilt([](auto& run) { drop(run, "ordering.order.o-declined", "FailOrder"); });
  CHECK(report.found("I10") >= 1);
}

TEST_CASE("a confirmation after the cancellation is no legal step", "[check][I10]") {
  const auto report = spoilt([](auto& run) {
    auto& first = commit(run, "ordering.order.o-refunded", "ConfirmOrder");
    auto& second = commit(run, "ordering.order.o-refunded", "CancelOrder");
    std::swap(first.bytes, second.bytes);
    forge(context(run, "ordering"));
  });
  CHECK(report.found("I10") >= 1);
}

TEST_CASE("a reservation that forgets a line it has to release takes no legal step",
          "[check][I10]") {
  const auto report = spoilt([](auto& run) {
    edit<inventory::v1::ReservationReleased>(
        run, "inventory.reservation.o-declined", "ReleaseReservation",
        [](auto& event) { event.mutable_lines_to_release()->RemoveLast(); });
  });
  CHECK(report.found("I10") == 1);
}

TEST_CASE("a notification that nobody sent has not ended", "[check][I10]") {
  const auto report = spoilt(
      [](auto& run) { drop(run, "notifications.notification.o-guest-confirmed", "RecordSent"); });
  CHECK(report.found("I10") == 1);
}

TEST_CASE("stock that is sold beyond what is on hand is oversold", "[check][I11]") {
  const auto report = spoilt([](auto& run) {
    edit<inventory::v1::StockReceived>(run, "inventory.stock.tea", "ReceiveStock",
                                       [](auto& event) { event.set_quantity(5); });
  });
  CHECK(report.found("I11") >= 1);
}

TEST_CASE("stock refused although there is enough is a violation", "[check][I11]") {
  const auto report = spoilt([](auto& run) {
    edit<inventory::v1::StockRefused>(run, "inventory.stock.coffee", "ReserveStock",
                                      [](auto& event) { event.set_quantity(0); });
  });
  CHECK(report.found("I11") == 1);
}

TEST_CASE("stock that is still reserved in the end is held by nobody", "[check][I11]") {
  const auto report = spoilt([](auto& run) { drop(run, "inventory.stock.tea", "ReleaseStock"); });
  CHECK(report.found("I11") == 1);
}

TEST_CASE("an amount that changes on the way is noticed", "[check][I12]") {
  const auto report = spoilt([](auto& run) {
    edit<payments::v1::PaymentCaptured>(
        run, "payments.payment.o-confirmed", "RecordCapture",
        [](auto& event) { event.mutable_amount()->set_amount_minor(1); });
  });
  CHECK(report.found("I12") >= 1);
}

TEST_CASE("a total that is not the sum of the lines is noticed", "[check][I12]") {
  const auto report = spoilt([](auto& run) {
    edit<ordering::v1::OrderPlaced>(run, "ordering.order.o-hasty", "PlaceOrder",
                                    [](auto& event) { event.set_total_minor(7); });
  });
  CHECK(report.found("I12") >= 1);
}

TEST_CASE("a second capture is a second charge", "[check][I12]") {
  const auto report = spoilt(
      [](auto& run) { repeat(run, "payments.payment.o-confirmed", "RecordCapture", "again"); });
  CHECK(report.found("I12") >= 1);
}

TEST_CASE("a refund that is missing keeps the customer's money", "[check][I12][I13]") {
  const auto report = spoilt([](auto& run) {
    drop(run, "payments.payment.o-refunded", "RecordRefund");
    drop(run, "payments.payment.o-refunded", "CancelPayment");
  });
  CHECK(report.found("I12") >= 1);
  CHECK(report.found("I13") == 1);
}

TEST_CASE("a charge that the gateway made and no payment asked for is noticed", "[check][I12]") {
  const auto report = spoilt([](auto& run) {
    run.gateway->push_back(run.gateway->front());
    run.gateway->back().key = "somebody-elses";
    run.gateway->back().order_id = "o-rejected";
  });
  CHECK(report.found("I12") == 1);
}

TEST_CASE("an answer that the gateway never gave is noticed", "[check][I12]") {
  CHECK(spoilt([](auto& run) { run.gateway->pop_back(); }).found("I12") == 1);
}

TEST_CASE("an answer recorded otherwise than the gateway gave it is noticed", "[check][I12]") {
  CHECK(spoilt([](auto& run) { run.gateway->front().approved = false; }).found("I12") == 1);
}

TEST_CASE("a confirmed order whose line was not shipped is not served", "[check][I13]") {
  const auto report = spoilt([](auto& run) { drop(run, "inventory.stock.tea", "ShipStock"); });
  CHECK(report.found("I13") == 1);
}

TEST_CASE("a cancelled order whose shipped pieces stay away was not undone", "[check][I13]") {
  const auto report = spoilt([](auto& run) { drop(run, "inventory.stock.tea", "RestockStock"); });
  CHECK(report.found("I13") == 1);
}

TEST_CASE("a repeated call with the same key is no second charge", "[check][I14]") {
  const auto report = spoilt([](auto& run) {
    run.gateway->push_back(run.gateway->front());
    run.gateway->back().call = 2;
    run.mails->push_back(run.mails->front());
  });
  CHECK(report.passed());
  CHECK(report.counters().at("gateway repeats") == 1);
  CHECK(report.counters().at("mail repeats") == 1);
}

TEST_CASE("a second key for one charge is a second charge", "[check][I14]") {
  const auto report = spoilt([](auto& run) {
    run.gateway->push_back(run.gateway->front());
    run.gateway->back().key = "another";
  });
  CHECK(report.found("I14") == 1);
}

TEST_CASE("one key for two amounts is a violation", "[check][I14]") {
  const auto report = spoilt([](auto& run) {
    run.gateway->push_back(run.gateway->front());
    ++run.gateway->back().amount_minor;
  });
  CHECK(report.found("I14") == 1);
}

TEST_CASE("a second Message-ID for one piece of news is a second mail", "[check][I14]") {
  const auto report = spoilt([](auto& run) {
    run.mails->push_back(run.mails->front());
    run.mails->back().message_id = "<another@troupe>";
  });
  CHECK(report.found("I14") == 1);
}

TEST_CASE("a mail recorded as sent has arrived", "[check][I14]") {
  CHECK(spoilt([](auto& run) { run.mails->pop_back(); }).found("I14") == 1);
}

TEST_CASE("a stale row is not what the log says", "[check][I15]") {
  const auto report = spoilt([](auto& run) {
    auto& bytes = context(run, "inventory").views["stock"].rows["tea"];
    inventory::v1::StockRow row;
    row.ParseFromString(bytes);
    row.set_on_hand(row.on_hand() + 1);
    bytes = row.SerializeAsString();
  });
  CHECK(report.found("I15") == 1);
}

TEST_CASE("a row too many is not what the log says", "[check][I15]") {
  const auto report = spoilt(
      [](auto& run) { context(run, "ordering").views["customer-orders"].rows["nobody"] = ""; });
  CHECK(report.found("I15") == 1);
}

TEST_CASE("a row that is missing is not what the log says", "[check][I15]") {
  const auto report =
      spoilt([](auto& run) { context(run, "ordering").views["orders"].rows.erase("o-guest"); });
  CHECK(report.found("I15") == 1);
}

TEST_CASE("a checkpoint before the end of the stream is wrong", "[check][I15]") {
  const auto report =
      spoilt([](auto& run) { --context(run, "ordering").views["orders"].checkpoint; });
  CHECK(report.found("I15") == 1);
}

TEST_CASE("events that are pending are stuck", "[check][I18]") {
  const auto report = spoilt(
      [](auto& run) { context(run, "ordering").backlog->consumers.front().ack_pending = 1; });
  CHECK(report.found("I18") == 1);
}

TEST_CASE("an event that is parked is stuck", "[check][I18]") {
  CHECK(spoilt([](auto& run) { context(run, "payments").backlog->parked = 1; }).found("I18") == 1);
}

TEST_CASE("a timer of an order that has ended is stuck", "[check][I18]") {
  const auto report = spoilt([](auto& run) {
    context(run, "ordering").backlog->timers = {"tmr.ordering.armed.order.o-guest.deadline",
                                                "tmr.ordering.armed.order.o-unheard.deadline"};
  });
  CHECK(report.found("I18") == 1);
}
