// What the demo drives through the system: invoices, each an order or a wish to cancel one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tool {

struct InvoiceLine {
  std::string article;  ///< a token
  std::int32_t quantity = 0;
  std::int64_t unit_price_minor = 0;
};

struct Invoice {
  std::string number;    ///< a token
  std::string customer;  ///< a token, or empty for a guest
  std::vector<InvoiceLine> lines;

  /// By the convention of the Online Retail data: the customer takes something back.
  bool cancels() const { return number.starts_with('C'); }
};

/// A share such as 0.9, kept in millionths so that shares of whole numbers are exact.
class Share {
public:
  /// Reads a decimal number between 0 and 1,000.
  static std::optional<Share> parse(std::string_view text);

  /// This share of `amount`, rounded up.
  std::int64_t rounded_up_of(std::int64_t amount) const;

private:
  explicit Share(std::int64_t millionths) : millionths_(millionths) {}
  std::int64_t millionths_;
};

/// Pieces of each article that the legal orders ask for.
std::map<std::string, std::int64_t> demand_of(const std::vector<Invoice>& invoices,
                                              const std::function<bool(const Invoice&)>& is_legal);

}  // namespace troupe::tool
