// Reads orders in the layout of the Online Retail data set, as CSV or CSV.gz.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "tools/shop/orders/invoice.hpp"

namespace troupe::tool {

/// The invoices of a file in the order in which they first appear, each with its lines as they
/// stand. The first line must name the columns InvoiceNo, StockCode, Quantity, UnitPrice and
/// CustomerID; further ones are ignored. A failure names the file and the line.
///
/// Stock codes are escaped tokens. "17850.0" is customer 17850; no customer is a guest. A price
/// that is no whole number of minor units cannot be charged: it is read as zero, which the domain
/// refuses.
Result<std::vector<Invoice>> read_online_retail(const std::filesystem::path& file);

/// The same from text in memory; `name` stands in failures.
Result<std::vector<Invoice>> parse_online_retail(const std::string& name, const std::string& text);

}  // namespace troupe::tool
