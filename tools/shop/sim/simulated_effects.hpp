// The outside world in this process: the simulated gateway, and mails that are only written down.
#pragma once

#include <chrono>

#include "runtime/ports/effects.hpp"
#include "tools/shop/books/mail_ledger.hpp"
#include "tools/shop/sim/delay_queue.hpp"
#include "tools/shop/sim/gateway.hpp"

namespace troupe::tool {

/// Performs the effects gateway-* by the gateway's own logic, and notify by a line in the ledger,
/// after `latency` on a thread of its own. Over DelayQueue::waiting_max a call fails at once,
/// retryable. Calls that wait when it is destroyed are answered.
class SimulatedEffects final : public Effects {
public:
  static constexpr std::chrono::milliseconds latency{1};

  /// Both outlive it.
  SimulatedEffects(Gateway& gateway, MailLedger& mails) : gateway_(gateway), mails_(mails) {}

  void call(EffectCall call, Done done) override;

private:
  /// What the call comes to, and when.
  struct Ending {
    Result<MessagePtr> result;
    std::chrono::milliseconds after;
  };
  Ending perform(const EffectCall& call);
  Ending pay(const EffectCall& call, const payments::v1::GatewayRequest& request);

  Gateway& gateway_;
  MailLedger& mails_;
  DelayQueue later_;
};

}  // namespace troupe::tool
