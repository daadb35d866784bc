// Sends each effect to the port that performs it, by the effect's name.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/ports/effects.hpp"

namespace troupe::host {

/// Thread safe once built.
class RoutedEffects final : public Effects {
public:
  /// Effects whose name is `prefix`, or begins with it and a '-', go to `port`.
  void route(std::string prefix, std::shared_ptr<Effects> port) {
    routes_[std::move(prefix)] = std::move(port);
  }

  void call(EffectCall call, Done done) override {
    const auto prefix = call.effect.substr(0, call.effect.find('-'));
    const auto route = routes_.find(prefix);
    if (route == routes_.end())
      return done(retryable("nothing performs the effect " + call.effect + " on this node"));
    route->second->call(std::move(call), std::move(done));
  }

private:
  std::map<std::string, std::shared_ptr<Effects>> routes_;
};

}  // namespace troupe::host
