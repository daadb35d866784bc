// Serves /livez, /readyz, /info and /metrics over HTTP for people and orchestrators.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/base/result.hpp"
#include "runtime/host/health_report.hpp"

namespace troupe::host {

struct HealthSources {
  std::function<Readiness()> readiness;
  /// A JSON object with what the node is and does.
  std::function<std::string()> info;
  /// The same in Prometheus's text format.
  std::function<std::string()> metrics;
};

/// /livez answers 200 while the process runs; /readyz 200, perhaps with remarks, or 503 with the
/// reasons; /info JSON; /metrics Prometheus's text. Listens until destroyed.
class HealthServer {
public:
  /// `address` is host:port.
  static Result<std::unique_ptr<HealthServer>> start(const std::string& address,
                                                     HealthSources sources);
  virtual ~HealthServer() = default;

  /// From now on these are asked; returns when the ones before are not any more. Any thread.
  virtual void show(HealthSources sources) = 0;
};

}  // namespace troupe::host
