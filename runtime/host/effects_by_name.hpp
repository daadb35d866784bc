// Sends each effect to the port that performs it, by the effect's name.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <troupe/port.hpp>
#include "runtime/base/result.hpp"
#include "runtime/host/program.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/effects.hpp"

namespace troupe::host {

/// By the name of the effect that they perform.
using PortsByName = std::map<std::string, Port, std::less<>>;

/// A port for each effect of the contexts. Fails permanently, with one sentence, when an effect has
/// none, for then its calls would wait for ever, or one that cannot perform it.
Result<PortsByName> make_ports(const std::vector<ContextModel>& contexts, const Program& program,
                               const Settings& settings);

/// Thread safe. REQUIRES: `connection` outlives it, and the ports are of `make_ports`.
class EffectsByName final : public Effects {
public:
  EffectsByName(PortsByName ports, nats::Connection& connection);

  void call(EffectCall call, Done done) override;

private:
  std::map<std::string, std::unique_ptr<Effects>, std::less<>> ports_;
};

}  // namespace troupe::host
