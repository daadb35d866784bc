// Answers the NATS services API (ADR-32), so that `nats service ls`, `info`, `stats` and `ping`
// show each context as a service.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/nats/service/answers.hpp"
#include "runtime/nats/service/endpoint.hpp"
#include "runtime/ports/clock.hpp"

namespace troupe::nats {

struct ServiceEndpoint {
  const Endpoint* endpoint;
  /// Whatever a user should see of it, as `data` in STATS; empty: nothing. Called by any thread.
  std::function<nlohmann::json()> data;
};

struct Service {
  std::string name;
  std::string description;
  std::vector<ServiceEndpoint> endpoints;
};

struct ServicesOptions {
  std::string version;  ///< semantic
  std::string node;     ///< shown as metadata
};

/// One process's services. They share one random id, which tells it from other processes.
class Services {
public:
  /// REQUIRES: `answers` and `inboxes` outlive it.
  Services(Answers& answers, Inboxes& inboxes, ServicesOptions options,
           std::vector<Service> services, Time started);

  /// Answers requests until it is destroyed. Succeeds when the server knows this and every earlier
  /// subscription of the connection. Blocks at most `start_patience`.
  Result<void> start();
  static constexpr std::chrono::milliseconds start_patience{5'000};

  /// Requests that are answered; those beyond are not, as the figures are for people.
  static constexpr std::size_t answered_per_second_max = 100;

private:
  void on(const Received& request);
  bool may_answer();
  nlohmann::json response(const std::string& verb, const Service& service) const;

  Answers& answers_;
  Inboxes& inboxes_;
  const ServicesOptions options_;
  const std::vector<Service> services_;
  const std::string id_;
  const std::string started_;
  // Of the subscription's thread.
  std::chrono::steady_clock::time_point second_began_{};
  std::size_t answered_ = 0;                              // in this second
  std::unique_ptr<Connection::Subscribed> subscription_;  // last: its callbacks use the others
};

}  // namespace troupe::nats
