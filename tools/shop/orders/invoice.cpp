#include "tools/shop/orders/invoice.hpp"

#include <charconv>

namespace troupe::tool {

namespace {

constexpr std::int64_t millionths_of_one = 1'000'000;
constexpr double share_max = 1'000;

}  // namespace

std::optional<Share> Share::parse(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(value >= 0 && value <= share_max)) return std::nullopt;
  return Share{static_cast<std::int64_t>(value * millionths_of_one + 0.5)};
}

std::int64_t Share::rounded_up_of(std::int64_t amount) const {
  return (amount * millionths_ + millionths_of_one - 1) / millionths_of_one;
}

std::map<std::string, std::int64_t> demand_of(const std::vector<Invoice>& invoices,
                                              const std::function<bool(const Invoice&)>& is_legal) {
  std::map<std::string, std::int64_t> demand;
  for (const auto& invoice : invoices) {
    if (invoice.cancels() || !is_legal(invoice)) continue;
    for (const auto& line : invoice.lines) demand[line.article] += line.quantity;
  }
  return demand;
}

}  // namespace troupe::tool
