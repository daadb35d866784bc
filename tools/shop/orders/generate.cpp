#include "tools/shop/orders/generate.hpp"

#include <algorithm>
#include <random>

namespace troupe::tool {

namespace {

constexpr std::uint64_t articles = 400;
constexpr std::uint64_t customers = 300;
constexpr std::uint64_t first_article = 20'000;
constexpr std::uint64_t first_customer = 12'000;
constexpr std::uint64_t first_invoice = 600'000;
constexpr std::uint64_t guest_one_in = 10;
constexpr std::uint64_t large_order_one_in = 25;
constexpr std::uint64_t cancel_one_in = 20;

/// std's engines give the same numbers everywhere, its distributions do not.
class Dice {
public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t end) { return engine_() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  /// Small numbers come much more often than large ones.
  std::uint64_t skewed_below(std::uint64_t end) {
    return std::min({below(end), below(end), below(end)});
  }

private:
  std::mt19937_64 engine_;
};

/// An article costs the same in every order.
std::int64_t price_minor(std::uint64_t article) {
  return 45 + static_cast<std::int64_t>((article * 7919) % 1'900);
}

InvoiceLine line(Dice& dice) {
  const auto article = dice.skewed_below(articles);
  return {.article = std::to_string(first_article + article),
          .quantity = 1 + static_cast<std::int32_t>(dice.skewed_below(24)),
          .unit_price_minor = price_minor(article)};
}

Invoice order(Dice& dice, std::uint64_t number) {
  Invoice invoice{.number = std::to_string(first_invoice + number), .customer = {}, .lines = {}};
  if (!dice.one_in(guest_one_in))
    invoice.customer = std::to_string(first_customer + dice.skewed_below(customers));
  const auto lines = dice.one_in(large_order_one_in) ? 9 + dice.below(32) : 1 + dice.below(8);
  for (std::uint64_t i = 0; i < lines; ++i) invoice.lines.push_back(line(dice));
  return invoice;
}

}  // namespace

std::vector<Invoice> generate_invoices(std::size_t orders, std::uint64_t seed) {
  Dice dice(seed);
  std::vector<Invoice> invoices;
  std::vector<std::string> known_customers;
  for (std::size_t i = 0; i < orders; ++i) {
    invoices.push_back(order(dice, i));
    const auto& customer = invoices.back().customer;
    if (!customer.empty()) known_customers.push_back(customer);
    if (!known_customers.empty() && dice.one_in(cancel_one_in))
      invoices.push_back({.number = "C" + std::to_string(first_invoice + i),
                          .customer = known_customers[dice.below(known_customers.size())],
                          .lines = {}});
  }
  return invoices;
}

}  // namespace troupe::tool
