// A node's doors to NATS: commands, queries and the services API of its contexts.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/nats/command_ingress.hpp"
#include "runtime/nats/query_ingress.hpp"
#include "runtime/nats/services.hpp"

namespace troupe::nats {

struct IngressOptions {
  /// Commands and queries together. Over it the answer is 429 at once.
  static constexpr std::size_t in_flight_max_default = 8'192;

  std::string node;
  std::string durability;         ///< the mode that could be verified, stated in accepted replies
  std::string version = "0.1.0";  ///< of the program, semantic
  std::size_t in_flight_max = in_flight_max_default;
};

/// REQUIRES: connection, contexts and buses outlive it. Each bus answers everything that it was
/// given, at the latest soon after its deadline.
class Ingress {
public:
  /// How many instances of a context live here now. Any thread.
  using Instances = std::function<std::size_t(const std::string& context)>;

  /// Opens all doors or none.
  static Result<std::unique_ptr<Ingress>> start(Connection& connection, IngressOptions options,
                                                const std::vector<ContextModel>& contexts,
                                                CommandBus& commands, QueryBus& queries,
                                                Instances instances);

  /// Stops, and waits for every answer that a bus still owes.
  ~Ingress();

  /// Takes nothing new and waits until what is in flight is answered, at most `stop_patience`.
  void stop();
  static constexpr std::chrono::milliseconds stop_patience{5'000};

private:
  Ingress(Connection& connection, const IngressOptions& options,
          const std::vector<ContextModel>& contexts, CommandBus& commands, QueryBus& queries,
          const Instances& instances);
  std::vector<Service> services_of(const std::vector<ContextModel>& contexts,
                                   const Instances& instances) const;
  Result<void> open();

  const SystemClock clock_;
  Responder responder_;
  std::vector<std::unique_ptr<CommandIngress>> commands_;
  std::vector<std::unique_ptr<QueryIngress>> queries_;
  std::unique_ptr<Services> services_;  // last: shows the endpoints of the others
};

}  // namespace troupe::nats
