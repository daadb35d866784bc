// A payment gateway that moves no money: what it answers follows from its seed and its ledger.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "payments/v1/gateway.pb.h"
#include "runtime/base/result.hpp"
#include "tools/shop/books/gateway_ledger.hpp"

namespace troupe::tool {

/// Rates are shares of 1.
struct GatewayOptions {
  std::uint64_t seed = 1;
  double decline_rate = 0.02;  ///< of the authorisations, chosen by order id
  double late_rate = 0;        ///< first calls that are carried out, but answered too late
  double timeout_rate = 0;     ///< first calls that are carried out, but never answered
  bool down = false;           ///< carries out nothing
};

struct GatewayReply {
  enum class When {
    now,
    late,     ///< after the caller has given up
    never,    ///< carried out, but the answer is lost
    down,     ///< not carried out
    refused,  ///< not carried out: this key was used for something else
  };
  When when = When::now;
  payments::v1::GatewayAnswer answer;  ///< when now or late
};

/// Carries out each idempotency key once and answers its repeats with the first answer, also after
/// a restart when it has a ledger. Never captures or refunds an authorisation twice, whatever the
/// keys. Remembers every key for ever: it is a simulator. Thread safe.
class Gateway {
public:
  /// With a folder it reads and continues the ledger there, else it keeps none.
  static Result<std::unique_ptr<Gateway>> open(
      GatewayOptions options, const std::optional<std::filesystem::path>& ledger_folder);

  GatewayReply handle(const std::string& key, const payments::v1::GatewayRequest& request);

private:
  /// What has become of an authorised amount.
  enum class Money { authorized, captured, voided, refunded };

  explicit Gateway(GatewayOptions options) : options_(options) {}

  bool happens(double rate, std::string_view what, std::string_view to) const;
  GatewayCall carry_out(const std::string& key, const payments::v1::GatewayRequest& request);
  std::string objection(const std::string& reference, std::string_view operation) const;
  void remember(const GatewayCall& call);

  const GatewayOptions options_;
  std::mutex mutex_;                          // guards what follows
  std::map<std::string, GatewayCall> calls_;  // by key; `call` counts them
  std::map<std::string, Money> money_;        // by reference
  std::optional<GatewayLedger> ledger_;
};

}  // namespace troupe::tool
