#include "tools/shop/demo/wishes.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "actors/ordering/order.hpp"
#include "inventory/v1/commands.pb.h"
#include "runtime/ports/identity.hpp"

namespace troupe::tool {

namespace {

constexpr const char* currency = "GBP";

Token token(const std::string& text) { return *Token::parse(text); }

std::string command_id(const std::string& verb, const std::string& name) {
  const auto id = verb + "-" + name;
  return is_token(id) ? id : to_hex(sha256(id)).substr(0, token_length_max / 2);
}

ordering::v1::PlaceOrder place_order_command(const Invoice& invoice) {
  ordering::v1::PlaceOrder place;
  place.set_customer_id(invoice.customer);
  place.set_currency(currency);
  for (const auto& line : invoice.lines) {
    auto& added = *place.add_lines();
    added.set_article_id(line.article);
    added.set_quantity(line.quantity);
    added.set_unit_price_minor(line.unit_price_minor);
  }
  return place;
}

Instance order(const std::string& id) { return {token("ordering"), token("order"), token(id)}; }

}  // namespace

Wish place_order(const Invoice& invoice) {
  return {.instance = order(invoice.number),
          .body = std::make_shared<ordering::v1::PlaceOrder>(place_order_command(invoice)),
          .id = command_id("place", invoice.number),
          .issued_at = {}};
}

Wish cancel_order(const std::string& order_id, const std::string& invoice) {
  auto cancel = std::make_shared<ordering::v1::CancelOrder>();
  cancel->set_reason("returned with invoice " + invoice);
  return {.instance = order(order_id),
          .body = cancel,
          .id = command_id("cancel", invoice),
          .issued_at = {}};
}

Wish receive_stock(const std::string& article, std::int64_t quantity) {
  auto receive = std::make_shared<inventory::v1::ReceiveStock>();
  receive->set_reference("initial");
  // Nobody delivers two thousand million pieces at once.
  constexpr std::int64_t quantity_max = std::numeric_limits<std::int32_t>::max();
  receive->set_quantity(static_cast<std::int32_t>(std::min(quantity, quantity_max)));
  return {.instance = {token("inventory"), token("stock"), token(article)},
          .body = receive,
          .id = command_id("receive", article),
          .issued_at = {}};
}

bool is_legal_order(const Invoice& invoice) {
  const auto decision = ordering::Order::decide(
      {}, place_order_command(invoice), {.issued_at = {}, .instance_id = {}, .command_id = {}});
  return !decision.rejected();
}

}  // namespace troupe::tool
