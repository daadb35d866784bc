// Which order an invoice that cancels is about.
#include "tools/shop/demo/order_desk.hpp"

#include <catch2/catch_all.hpp>

namespace {

using troupe::tool::OrderDesk;
using Status = OrderDesk::Status;

TEST_CASE("a cancellation waits for the customer's earlier orders and takes the newest confirmed",
          "[demo]") {
  OrderDesk desk;
  desk.add_order("1", "anna");
  desk.add_order("2", "anna");
  desk.add_order("3", "anna");
  desk.add_cancellation("C1", "anna");
  desk.add_order("4", "anna");
  CHECK(desk.end_order("1", Status::confirmed));
  CHECK(desk.end_order("3", Status::cancelled));
  CHECK(desk.take_due().empty());
  CHECK(desk.end_order("2", Status::confirmed));
  const auto due = desk.take_due();
  REQUIRE(due.size() == 1);
  CHECK(due[0].invoice == "C1");
  CHECK(due[0].order_id == "2");
  CHECK(desk.take_due().empty());
}

TEST_CASE("two cancellations never mean the same order", "[demo]") {
  OrderDesk desk;
  desk.add_order("1", "anna");
  desk.add_order("2", "anna");
  desk.add_cancellation("C1", "anna");
  desk.add_cancellation("C2", "anna");
  desk.add_cancellation("C3", "anna");
  desk.end_order("1", Status::confirmed);
  desk.end_order("2", Status::confirmed);
  const auto due = desk.take_due();
  REQUIRE(due.size() == 3);
  CHECK(due[0].order_id == "2");
  CHECK(due[1].order_id == "1");
  CHECK(due[2].order_id.empty());
}

TEST_CASE("a guest and a customer without a confirmed order have nothing to cancel", "[demo]") {
  OrderDesk desk;
  desk.add_order("1", "anna");
  desk.add_order("2", "");
  desk.end_order("1", Status::refused);
  desk.end_order("2", Status::confirmed);
  desk.add_cancellation("C1", "anna");
  desk.add_cancellation("C2", "");
  desk.add_cancellation("C3", "bert");
  const auto due = desk.take_due();
  REQUIRE(due.size() == 3);
  for (const auto& one : due) CHECK(one.order_id.empty());
}

TEST_CASE("an order ends once, and later news of its cancellation is kept", "[demo]") {
  OrderDesk desk;
  desk.add_order("1", "anna");
  CHECK(desk.end_order("1", Status::confirmed));
  CHECK_FALSE(desk.end_order("1", Status::cancelled));
  desk.add_cancellation("C1", "anna");
  CHECK(desk.take_due().at(0).order_id.empty());
}

}  // namespace
