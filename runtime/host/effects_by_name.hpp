// Sends each effect to the port that performs it, by the effect's name.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/assert.hpp"
#include "runtime/base/result.hpp"
#include "runtime/host/program.hpp"

namespace troupe::host {

/// Of those contexts' effects. Thread safe. REQUIRES: check_effects found nothing; `connection`
/// outlives it.
class EffectsByName final : public Effects {
public:
  EffectsByName(const std::vector<ContextModel>& contexts, const Program& program,
                const Settings& settings, nats::Connection& connection) {
    for (const auto& context : contexts)
      for (const auto& effect : context.effects) {
        auto port = program.effects.find(effect.name)->second(settings, connection);
        TROUPE_ASSERT(port, "a program makes a port where it says that it does");
        ports_[effect.name] = std::move(port);
      }
  }

  void call(EffectCall call, Done done) override {
    const auto port = ports_.find(call.effect);
    if (port == ports_.end())
      return done(retryable("nothing performs the effect " + call.effect + " on this node"));
    port->second->call(std::move(call), std::move(done));
  }

private:
  std::map<std::string, std::unique_ptr<Effects>, std::less<>> ports_;
};

/// Whether somebody performs each effect of the contexts: what nobody performs would wait for ever.
inline Result<void> check_effects(const std::vector<ContextModel>& contexts,
                                  const Program& program) {
  for (const auto& context : contexts)
    for (const auto& effect : context.effects)
      if (!program.effects.contains(effect.name))
        return permanent("nothing performs the effect " + effect.name + " of " + context.name
                         + ": give the program a port for it");
  return {};
}

}  // namespace troupe::host
