#include "tools/shop/sim/gateway.hpp"

#include <limits>

#include "runtime/ports/identity.hpp"

namespace troupe::tool {

namespace {

/// A number between 0 and 1 that the texts determine.
double fraction_of(const std::string& text) {
  const auto hash = sha256(text);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i)
    number = number << 8U | static_cast<unsigned char>(hash[i]);
  return static_cast<double>(number)
         / static_cast<double>(std::numeric_limits<std::uint64_t>::max());
}

bool same_request(const GatewayCall& call, const payments::v1::GatewayRequest& request) {
  return call.operation == request.operation() && call.order_id == request.order_id()
         && call.amount_minor == request.amount() && call.currency == request.currency();
}

payments::v1::GatewayAnswer answer_of(const GatewayCall& call) {
  payments::v1::GatewayAnswer answer;
  answer.set_approved(call.approved);
  answer.set_reference(call.reference);
  answer.set_code(call.code);
  return answer;
}

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::open(
    GatewayOptions options, const std::optional<std::filesystem::path>& ledger_folder) {
  std::unique_ptr<Gateway> gateway{new Gateway(options)};
  if (!ledger_folder) return gateway;

  if (std::filesystem::exists(*ledger_folder / gateway_ledger_file)) {
    const auto calls = read_gateway_ledger(*ledger_folder);
    if (!calls) return tl::make_unexpected(calls.error());
    for (const auto& call : *calls) gateway->remember(call);
  }
  auto ledger = GatewayLedger::open(*ledger_folder);
  if (!ledger) return tl::make_unexpected(ledger.error());
  gateway->ledger_.emplace(std::move(*ledger));
  return gateway;
}

GatewayReply Gateway::handle(const std::string& key, const payments::v1::GatewayRequest& request) {
  using When = GatewayReply::When;
  if (options_.down) return {.when = When::down, .answer = {}};
  const std::lock_guard lock(mutex_);
  const auto known = calls_.find(key);
  if (known != calls_.end() && !same_request(known->second, request))
    return {.when = When::refused, .answer = {}};

  GatewayCall call = known == calls_.end() ? carry_out(key, request) : known->second;
  call.call = known == calls_.end() ? 1 : call.call + 1;
  // Money moved is written down before anybody hears of it.
  if (ledger_) ledger_->record(call);
  remember(call);

  if (call.call == 1 && happens(options_.timeout_rate, "timeout", key))
    return {.when = When::never, .answer = {}};
  const bool late = call.call == 1 && happens(options_.late_rate, "late", key);
  return {.when = late ? When::late : When::now, .answer = answer_of(call)};
}

bool Gateway::happens(double rate, std::string_view what, std::string_view to) const {
  return rate > 0
         && fraction_of(std::to_string(options_.seed) + ' ' + std::string(what) + ' '
                        + std::string(to))
                < rate;
}

GatewayCall Gateway::carry_out(const std::string& key,
                               const payments::v1::GatewayRequest& request) {
  GatewayCall call{.key = key,
                   .operation = request.operation(),
                   .order_id = request.order_id(),
                   .amount_minor = request.amount(),
                   .currency = request.currency(),
                   .approved = false,
                   .reference = request.reference(),
                   .code = {},
                   .call = 1};
  if (call.operation != "authorize") {
    call.code = objection(call.reference, call.operation);
  } else if (call.amount_minor <= 0) {
    call.code = "bad_amount";
  } else if (happens(options_.decline_rate, "decline", call.order_id)) {
    call.code = "card_declined";
  } else {
    call.reference = "auth-" + to_hex(sha256(key)).substr(0, 16);
  }
  call.approved = call.code.empty();
  return call;
}

/// Why the gateway will not do it, or empty.
std::string Gateway::objection(const std::string& reference, std::string_view operation) const {
  const auto found = money_.find(reference);
  if (found == money_.end()) return "unknown_reference";
  const Money money = found->second;
  if (operation == "capture") return money == Money::authorized ? "" : "not_authorized";
  if (operation == "void") return money == Money::authorized ? "" : "not_authorized";
  if (operation == "refund") return money == Money::captured ? "" : "not_captured";
  return "unknown_operation";
}

void Gateway::remember(const GatewayCall& call) {
  calls_[call.key] = call;
  if (!call.approved || call.call != 1) return;
  if (call.operation == "authorize") money_[call.reference] = Money::authorized;
  if (call.operation == "capture") money_[call.reference] = Money::captured;
  if (call.operation == "void") money_[call.reference] = Money::voided;
  if (call.operation == "refund") money_[call.reference] = Money::refunded;
}

}  // namespace troupe::tool
