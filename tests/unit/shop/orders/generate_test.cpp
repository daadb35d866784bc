// The orders that are made up.
#include "tools/shop/orders/generate.hpp"

#include <algorithm>
#include <set>

#include <catch2/catch_all.hpp>

#include "tools/shop/demo/wishes.hpp"

namespace {

using namespace troupe::tool;

std::string text_of(const std::vector<Invoice>& invoices) {
  std::string text;
  for (const auto& invoice : invoices) {
    text += invoice.number + " " + invoice.customer;
    for (const auto& line : invoice.lines)
      text += " " + line.article + "x" + std::to_string(line.quantity) + "@"
              + std::to_string(line.unit_price_minor);
    text += "\n";
  }
  return text;
}

TEST_CASE("the same seed gives the same orders, another one others", "[orders]") {
  CHECK(text_of(generate_invoices(200, 7)) == text_of(generate_invoices(200, 7)));
  CHECK(text_of(generate_invoices(200, 7)) != text_of(generate_invoices(200, 8)));
}

TEST_CASE("as many legal orders are generated as asked for, and some cancellations", "[orders]") {
  const auto invoices = generate_invoices(1'000, 1);
  const auto cancellations = std::ranges::count_if(invoices, &Invoice::cancels);
  CHECK(std::ssize(invoices) - cancellations == 1'000);
  CHECK(cancellations > 10);
  std::set<std::string> numbers;
  for (const auto& invoice : invoices) {
    CHECK(numbers.insert(invoice.number).second);
    if (!invoice.cancels()) CHECK(is_legal_order(invoice));
  }
}

TEST_CASE("some articles are asked for much more often than others", "[orders]") {
  const auto demand = demand_of(generate_invoices(1'000, 1), is_legal_order);
  std::vector<std::int64_t> amounts;
  for (const auto& [article, pieces] : demand) amounts.push_back(pieces);
  std::ranges::sort(amounts);
  CHECK(amounts.back() > 3 * amounts[amounts.size() / 2]);
}

TEST_CASE("the demand counts legal orders only", "[orders]") {
  const std::vector<Invoice> invoices{
      {.number = "1", .customer = {}, .lines = {{"a", 3, 100}, {"a", 2, 100}, {"b", 1, 50}}},
      {.number = "2", .customer = {}, .lines = {{"a", 9, 100}, {"b", -1, 50}}},
      {.number = "C3", .customer = {}, .lines = {{"a", 4, 100}}},
  };
  CHECK(demand_of(invoices, is_legal_order)
        == std::map<std::string, std::int64_t>{{"a", 5}, {"b", 1}});
}

}  // namespace
