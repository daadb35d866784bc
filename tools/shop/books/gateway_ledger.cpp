// Turns gateway calls into lines and back.
#include "tools/shop/books/gateway_ledger.hpp"

#include <utility>

namespace troupe::tool {

namespace {

GatewayCall parsed(const nlohmann::json& line) {
  return {.key = line.at("key"),
          .operation = line.at("operation"),
          .order_id = line.at("order_id"),
          .amount_minor = line.at("amount"),
          .currency = line.at("currency"),
          .approved = line.at("approved"),
          .reference = line.at("reference"),
          .code = line.at("code"),
          .call = line.at("call")};
}

}  // namespace

Result<GatewayLedger> GatewayLedger::open(const std::filesystem::path& folder) {
  return check::JsonLinesWriter::open(folder / gateway_ledger_file)
      .map([](check::JsonLinesWriter lines) { return GatewayLedger(std::move(lines)); });
}

void GatewayLedger::record(const GatewayCall& call) {
  lines_.write({{"key", call.key},
                {"operation", call.operation},
                {"order_id", call.order_id},
                {"amount", call.amount_minor},
                {"currency", call.currency},
                {"approved", call.approved},
                {"reference", call.reference},
                {"code", call.code},
                {"call", call.call}});
}

Result<std::vector<GatewayCall>> read_gateway_ledger(const std::filesystem::path& folder) {
  return check::read_json_lines(folder / gateway_ledger_file, parsed);
}

}  // namespace troupe::tool
