#include "tools/shop/demo/script.hpp"

#include <utility>

#include "tools/shop/demo/wishes.hpp"
#include "tools/shop/orders/generate.hpp"
#include "tools/shop/orders/online_retail.hpp"

namespace troupe::tool {

Result<Script> write_script(const ScriptOptions& options) {
  const auto factor = Share::parse(options.stock_factor);
  if (!factor) return permanent("--stock-factor wants a number between 0 and 1000, such as 0.9");
  Script script;
  if (options.orders_file.empty()) {
    script.invoices = generate_invoices(options.count, options.seed);
  } else {
    auto read = read_online_retail(options.orders_file);
    if (!read) return tl::make_unexpected(read.error());
    script.invoices = std::move(*read);
  }
  script.stock = demand_of(script.invoices, is_legal_order);
  for (auto& [article, pieces] : script.stock) pieces = factor->rounded_up_of(pieces);
  return script;
}

}  // namespace troupe::tool
