// Opens and closes what a node takes in.
#include "runtime/nats/service/ingress.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "runtime/base/assert.hpp"
#include "runtime/nats/wire/wire.hpp"

namespace troupe::nats {

namespace {

/// A bus that still owes an answer so long after the last deadline has lost it.
constexpr std::chrono::milliseconds answers_lost_after = deadline_max + std::chrono::seconds(10);

}  // namespace

Ingress::Ingress(IngressConnections connections, const IngressOptions& options,
                 const std::vector<ContextModel>& contexts, CommandBus& commands, QueryBus& queries,
                 const Questions& questions, Conditions& conditions)
    : contexts_(contexts),
      responder_(connections.requests, NodeFacts{options.node, options.durability},
                 options.reply_prefixes) {
  for (const auto& context : contexts) {
    const auto another_program = [ask = questions.another_program, name = context.name] {
      return ask(name);
    };
    commands_.push_back(std::make_unique<CommandIngress>(
        responder_, connections.slots, context, options.slots, options.commands_max, commands,
        another_program, clock_, conditions));
    queries_.push_back(std::make_unique<QueryIngress>(responder_, context, options.queries_max,
                                                      queries, another_program, conditions));
  }
  services_ = std::make_unique<Services>(responder_.answers, responder_.inboxes,
                                         ServicesOptions{options.version, options.node},
                                         services_of(contexts, questions), clock_.now());
}

Ingress::~Ingress() {
  stop();
  TROUPE_ASSERT(wait_until_answered(answers_lost_after), "a bus never answered a request");
}

std::vector<Service> Ingress::services_of(const std::vector<ContextModel>& contexts,
                                          const Questions& questions) const {
  std::vector<Service> services;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    Service service{contexts[i].name, "The " + contexts[i].name + " context on Troupe", {}};
    for (const auto& endpoint : commands_[i]->endpoints())
      service.endpoints.push_back(
          {&endpoint, [instances = questions.instances, context = service.name] {
             return nlohmann::json{{"instances_of_context", instances(context)}};
           }});
    for (const auto& endpoint : queries_[i]->endpoints())
      service.endpoints.push_back({&endpoint, nullptr});
    services.push_back(std::move(service));
  }
  return services;
}

Result<void> Ingress::open() {
  for (const auto& ingress : commands_)
    if (auto opened = ingress->start(); !opened) return opened;
  for (const auto& ingress : queries_)
    if (auto opened = ingress->start(); !opened) return opened;
  return services_->start();
}

std::size_t Ingress::index_of(std::string_view context) const {
  const auto found = std::ranges::find(contexts_, context, &ContextModel::name);
  TROUPE_ASSERT(found != contexts_.end(), "only contexts that this node runs are asked for");
  return static_cast<std::size_t>(found - contexts_.begin());
}

Ingress::Overload Ingress::overload(std::string_view context) const {
  const auto i = index_of(context);
  const auto& commands = commands_[i]->unhandled();
  const auto& queries = queries_[i]->unhandled();
  return {.refused = commands.refused + queries.refused,
          .dropped = commands.dropped + queries.dropped};
}

Result<void> Ingress::open_to_all(const Token& context, bool open) {
  return commands_[index_of(context.str())]->open_to_all(open);
}

Result<void> Ingress::open(const Token& context, std::uint32_t slot) {
  return commands_[index_of(context.str())]->open_slot(slot);
}

void Ingress::close(const Token& context, const std::vector<std::uint32_t>& slots) {
  commands_[index_of(context.str())]->close_slots(slots);
}

void Ingress::drain() {
  const auto deadline = std::chrono::steady_clock::now() + stop_patience;
  const auto left = [&] {
    return std::max(std::chrono::milliseconds{0},
                    std::chrono::duration_cast<std::chrono::milliseconds>(
                        deadline - std::chrono::steady_clock::now()));
  };
  for (const auto& ingress : commands_) ingress->drain(left());
  for (const auto& ingress : queries_) ingress->drain(left());
}

bool Ingress::wait_until_answered(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto empty = [&](const auto& ingress) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    return ingress->in_flight().wait_until_empty(std::max(left, std::chrono::milliseconds{0}));
  };
  return std::ranges::all_of(commands_, empty) && std::ranges::all_of(queries_, empty);
}

void Ingress::stop() {
  drain();
  if (!wait_until_answered(stop_patience))
    spdlog::warn("Requests are still unanswered after {} ms; their clients will repeat them.",
                 stop_patience.count());
}

}  // namespace troupe::nats
