// What a run is to drive: invoices, and the stock that most of them can be served from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "tools/shop/orders/invoice.hpp"

namespace troupe::tool {

struct ScriptOptions {
  std::string orders_file;    ///< empty: orders are made up
  std::size_t count = 1'000;  ///< of those
  std::uint64_t seed = 1;
  std::string stock_factor = "0.9";  ///< of each article's demand
};

struct Script {
  std::vector<Invoice> invoices;
  std::map<std::string, std::int64_t> stock;
};

/// Fails with one sentence when an option or the file makes no sense.
Result<Script> write_script(const ScriptOptions& options);

}  // namespace troupe::tool
