// Opens and closes the doors of a node.
#include "runtime/nats/ingress.hpp"

#include <spdlog/spdlog.h>

#include "runtime/nats/wire.hpp"
#include "runtime/ports/assert.hpp"

namespace troupe::nats {

namespace {

/// A bus that still owes an answer so long after the last deadline has lost it.
constexpr std::chrono::milliseconds answers_lost_after = deadline_max + std::chrono::seconds(10);

}  // namespace

Result<std::unique_ptr<Ingress>> Ingress::start(Connection& connection, IngressOptions options,
                                                const std::vector<ContextModel>& contexts,
                                                CommandBus& commands, QueryBus& queries,
                                                Instances instances) {
  std::unique_ptr<Ingress> ingress(
      new Ingress(connection, options, contexts, commands, queries, instances));
  if (auto opened = ingress->open(); !opened) return tl::make_unexpected(opened.error());
  return ingress;
}

Ingress::Ingress(Connection& connection, const IngressOptions& options,
                 const std::vector<ContextModel>& contexts, CommandBus& commands, QueryBus& queries,
                 const Instances& instances)
    : responder_(connection, NodeFacts{options.node, options.durability}, options.in_flight_max) {
  for (const auto& context : contexts) {
    commands_.push_back(std::make_unique<CommandIngress>(responder_, context, commands, clock_));
    queries_.push_back(std::make_unique<QueryIngress>(responder_, context, queries, clock_));
  }
  services_ = std::make_unique<Services>(connection, ServicesOptions{options.version, options.node},
                                         services_of(contexts, instances), clock_.now());
}

Ingress::~Ingress() {
  stop();
  TROUPE_ASSERT(responder_.in_flight.wait_until_empty(answers_lost_after),
                "a bus never answered a request");
}

std::vector<Service> Ingress::services_of(const std::vector<ContextModel>& contexts,
                                          const Instances& instances) const {
  std::vector<Service> services;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    Service service{contexts[i].name, "The " + contexts[i].name + " context on Troupe", {}};
    for (const auto& endpoint : commands_[i]->endpoints())
      service.endpoints.push_back(
          {&endpoint, [instances, context = service.name] {
             return nlohmann::json{{"instances_of_context", instances(context)}};
           }});
    for (const auto& endpoint : queries_[i]->endpoints())
      service.endpoints.push_back({&endpoint, nullptr});
    services.push_back(std::move(service));
  }
  return services;
}

Result<void> Ingress::open() {
  for (const auto& door : commands_)
    if (auto opened = door->start(); !opened) return opened;
  for (const auto& door : queries_)
    if (auto opened = door->start(); !opened) return opened;
  return services_->start();
}

void Ingress::stop() {
  const auto deadline = std::chrono::steady_clock::now() + stop_patience;
  const auto left = [&] {
    return std::max(std::chrono::milliseconds{0},
                    std::chrono::duration_cast<std::chrono::milliseconds>(
                        deadline - std::chrono::steady_clock::now()));
  };
  for (const auto& door : commands_) door->drain(left());
  for (const auto& door : queries_) door->drain(left());
  if (!responder_.in_flight.wait_until_empty(left()))
    spdlog::warn("Requests are still unanswered after {} ms; their clients will repeat them.",
                 stop_patience.count());
}

}  // namespace troupe::nats
