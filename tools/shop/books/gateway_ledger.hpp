// What the payment gateway was asked, repeats included: gateway.jsonl.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/check/history/json_lines.hpp"

namespace troupe::tool {

inline constexpr std::string_view gateway_ledger_file = "gateway.jsonl";

/// One call as it arrived and as it was answered.
struct GatewayCall {
  std::string key;        ///< idempotency key
  std::string operation;  ///< authorize, capture, void or refund
  std::string order_id;
  std::int64_t amount_minor = 0;
  std::string currency;
  bool approved = false;
  std::string reference;
  std::string code;   ///< why not, when not approved
  unsigned call = 1;  ///< 1 for the first call with this key
};

/// Records. Thread safe.
class GatewayLedger {
public:
  /// Opens or creates gateway.jsonl in an existing folder.
  static Result<GatewayLedger> open(const std::filesystem::path& folder);

  void record(const GatewayCall& call);

private:
  explicit GatewayLedger(check::JsonLinesWriter lines) : lines_(std::move(lines)) {}

  check::JsonLinesWriter lines_;
};

Result<std::vector<GatewayCall>> read_gateway_ledger(const std::filesystem::path& folder);

}  // namespace troupe::tool
