// Makes up plausible orders for those who bring none.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/shop/orders/invoice.hpp"

namespace troupe::tool {

/// `orders` legal orders and, for about every twentieth, a later wish to cancel. A few articles and
/// customers are much more popular than the rest; some customers are guests. The same seed gives
/// the same invoices on every machine.
std::vector<Invoice> generate_invoices(std::size_t orders, std::uint64_t seed);

}  // namespace troupe::tool
