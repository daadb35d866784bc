// The commands that the demo's clients send, made from invoices.
#pragma once

#include <cstdint>
#include <string>

#include "tools/shop/demo/command_sender.hpp"
#include "tools/shop/orders/invoice.hpp"

namespace troupe::tool {

/// REQUIRES (all three): the names are tokens. Command ids follow from the names.
Wish place_order(const Invoice& invoice);
Wish cancel_order(const std::string& order_id, const std::string& invoice);
Wish receive_stock(const std::string& article, std::int64_t quantity);

/// Whether the domain takes the invoice as a new order.
bool is_legal_order(const Invoice& invoice);

}  // namespace troupe::tool
