// What a reader asks about what is driven.
#include "tools/shop/demo/reader.hpp"

#include <catch2/catch_all.hpp>

#include "inventory/v1/rows.pb.h"
#include "ordering/v1/rows.pb.h"
#include "tools/shop/demo/wishes.hpp"

namespace {

using troupe::tool::Invoice;
using troupe::tool::questions_about;

Invoice invoice(const std::string& customer) {
  Invoice invoice;
  invoice.number = "o-1";
  invoice.customer = customer;
  invoice.lines = {{.article = "tea", .quantity = 2, .unit_price_minor = 250}};
  return invoice;
}

TEST_CASE("of an order are asked the order, its customer and an article", "[drive]") {
  const auto questions = questions_about(place_order(invoice("ann")));
  REQUIRE(questions.size() == 3);
  CHECK(questions[0].subject.str() == "qry.ordering.GetOrder");
  CHECK(questions[0].view == "ordering/orders");
  CHECK(static_cast<const ordering::v1::GetOrder&>(*questions[0].body).order_id() == "o-1");
  CHECK(questions[1].subject.str() == "qry.ordering.GetCustomerOrders");
  CHECK(questions[1].view == "ordering/customer-orders");
  CHECK(questions[2].subject.str() == "qry.inventory.GetStock");
  CHECK(questions[2].view == "inventory/stock");
  CHECK(static_cast<const inventory::v1::GetStock&>(*questions[2].body).article_id() == "tea");
}

TEST_CASE("a guest has no orders to ask for, and other commands ask nothing", "[drive]") {
  CHECK(questions_about(place_order(invoice(""))).size() == 2);
  CHECK(questions_about(troupe::tool::receive_stock("tea", 1)).empty());
}

}  // namespace
