// The invariants of the order flow, and the ledgers that prove what reached the outside world.
#pragma once

#include <optional>
#include <vector>

#include "runtime/check/run/domain_invariants.hpp"
#include "tools/shop/books/gateway_ledger.hpp"
#include "tools/shop/books/mail_ledger.hpp"
#include "tools/shop/books/order_books.hpp"

namespace troupe::tool {

/// What is missing makes invariants unchecked, not violated.
struct Ledgers {
  std::optional<std::vector<GatewayCall>> gateway;
  std::optional<std::vector<ReceivedMail>> mails;
};

/// I10 to I14, and the orders' part of others. Its records are gateway.jsonl and mail.jsonl.
class ShopInvariants final : public check::DomainInvariants {
public:
  ShopInvariants() = default;
  explicit ShopInvariants(Ledgers ledgers) : ledgers_(std::move(ledgers)) {}

  std::vector<check::Invariant> rules() const override;
  Result<bool> read_records(const std::filesystem::path& folder) override;
  void check(const check::DecodedRun& run, const check::ToldByCommand& told,
             check::Report& report) const override;

  const Ledgers& ledgers() const { return ledgers_; }

private:
  Ledgers ledgers_;
};

// Its themes.

/// What the books say about each other in the end: I10, I11, I12, I13. Needs all four logs.
void check_endings(const OrderBooks& books, const check::Poison& poison, check::Report& report);

/// I14 and the gateway's part of I12.
void check_effects(const check::DecodedRun& run, const OrderBooks& books, const Ledgers& ledgers,
                   check::Report& report);

/// I15: rows, recomputed without the shop's projections.
void check_shop_rows(const check::DecodedRun& run, check::Report& report);

}  // namespace troupe::tool
