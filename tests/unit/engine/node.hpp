// A world in memory and nodes in it, for tests of the engine.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/host/ports_in_memory.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/identity.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::engine::test {

inline constexpr std::chrono::seconds patience{10};

/// The value, or a failed test: nothing here takes long.
template <class T>
T get(std::future<T> future) {
  if (future.wait_for(patience) != std::future_status::ready)
    throw std::runtime_error("no answer in time");
  return future.get();
}

/// Calls are answered by the test's script, or kept until the test answers them.
class ScriptedEffects final : public Effects {
public:
  using Script = std::function<void(const EffectCall&, Done)>;

  void call(EffectCall call, Done done) override {
    Script script;
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(call);
      script = script_;
    }
    if (script) script(call, std::move(done));
  }
  void on_call(Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  std::vector<EffectCall> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

private:
  mutable std::mutex mutex_;
  Script script_;
  std::vector<EffectCall> calls_;
};

/// Hands commands to whichever of the registered engines owns their slot.
class Switchboard final : public SlotOwners {
public:
  void add(Engine& engine) {
    const std::lock_guard lock(mutex_);
    engines_.push_back(&engine);
  }
  void remove(Engine& engine) {
    const std::lock_guard lock(mutex_);
    std::erase(engines_, &engine);
  }

  void send(std::uint32_t slot, Command command, CommandBus::Answered answered) override {
    command.forwarded = true;
    {
      const std::lock_guard lock(mutex_);
      for (auto* engine : engines_)
        for (const auto& context : engine->stats().contexts)
          if (context.context == command.instance.context.str()
              && std::ranges::count(context.slots, slot) > 0)
            return engine->send(std::move(command), std::move(answered));
    }
    answered(
        Rejected{RejectionCode::unavailable, "slot " + std::to_string(slot) + " has no owner"});
  }

private:
  std::mutex mutex_;
  std::vector<Engine*> engines_;
};

struct World : memory::MemoryPorts {
  NoOtherNodes ingress;
  Switchboard switchboard;
  ScriptedEffects effects;

  std::vector<StoredCommit> commits(const Subject& subject) {
    std::promise<std::vector<StoredCommit>> promise;
    log.load(subject, 0, [&](auto loaded) { promise.set_value(loaded.value()); });
    return get(promise.get_future());
  }
};

/// Lets held appends arrive until everybody is answered: actors make them in their own time.
inline void release_until_answered(World& world, const std::vector<std::future<Outcome>>& waiting) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const auto& one : waiting)
    while (one.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("no answer in time");
      world.broker.release_appends();
    }
}

inline Instance instance(std::string_view context, std::string_view aggregate,
                         std::string_view id) {
  return {*Token::parse(context), *Token::parse(aggregate), *Token::parse(id)};
}

template <class C>
Command command_to(const Instance& target, C body, std::string id = random_id()) {
  Command command{.instance = target,
                  .type = C::descriptor()->name(),
                  .body = std::make_shared<const C>(std::move(body)),
                  .id = std::move(id),
                  .hash = {},
                  .issued_at = SystemClock{}.now(),
                  .expected_version = {},
                  .deadline = std::chrono::steady_clock::now() + patience,
                  .correlation_id = {},
                  .causation_id = {},
                  .traceparent = {}};
  command.hash = command_hash(command.type, *command.body);
  return command;
}

/// An engine on the world's ports, with leases of its own in the shared table.
class Node {
public:
  /// `inspector` and `log`: what the node sees of its log, where it is not what the others see.
  Node(World& world, std::vector<ContextModel> contexts, EngineOptions options = {},
       StreamInspector* inspector = nullptr, EventLog* log = nullptr)
      : world_(world),
        leases_(world.clock, world.lease_table, options.node),
        conditions_(world.clock),
        engine_(options,
                host::ports_in_memory(world, {.leases = leases_,
                                              .owners = world.switchboard,
                                              .effects = world.effects,
                                              .conditions = conditions_,
                                              .log = log,
                                              .inspector = inspector}),
                std::move(contexts)) {
    if (const auto started = engine_.start(world.ingress); !started)
      throw std::runtime_error(started.error().what);
    world.switchboard.add(engine_);
  }
  ~Node() {
    engine_.stop();
    world_.switchboard.remove(engine_);
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  std::future<Outcome> send(Command command) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    engine_.send(std::move(command),
                 [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }
  std::future<QueryOutcome> ask(QueryCall call) {
    auto promise = std::make_shared<std::promise<QueryOutcome>>();
    engine_.ask(std::move(call),
                [promise](QueryOutcome outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }

  Engine& engine() { return engine_; }
  ContextStats stats(std::string_view context) const {
    for (const auto& one : engine_.stats().contexts)
      if (one.context == context) return one;
    throw std::invalid_argument(std::string(context));
  }
  const Conditions& conditions() const { return conditions_; }
  /// What a condition says of the context, or nothing when it does not hold.
  std::string says(const ConditionKind& kind, std::string_view context = "example",
                   std::string_view part = {}) const {
    return conditions_.sentence(kind, context, part);
  }

private:
  World& world_;
  memory::MemoryLeases leases_;
  Conditions conditions_;
  Engine engine_;
};

/// A node that believes itself alone with the world's log: owns all slots by its own books.
class Rival {
public:
  explicit Rival(World& world, std::vector<ContextModel> contexts)
      : conditions_(world.clock),
        engine_({.node = "rival"},
                host::ports_in_memory(world, {.leases = leases_,
                                              .owners = alone_,
                                              .effects = world.effects,
                                              .conditions = conditions_,
                                              .claims = &claims_}),
                std::move(contexts)) {
    if (const auto started = engine_.start(alone_); !started)
      throw std::runtime_error(started.error().what);
  }
  std::future<Outcome> send(Command command) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    engine_.send(std::move(command),
                 [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }

private:
  memory::MemoryLeases leases_;
  memory::MemoryClaims claims_;
  NoOtherNodes alone_;
  Conditions conditions_;
  Engine engine_;
};

inline Accepted accepted(std::future<Outcome> future) {
  auto outcome = get(std::move(future));
  if (const auto* rejected = std::get_if<Rejected>(&outcome))
    throw std::runtime_error("rejected: " + std::to_string(number_of(rejected->code)) + " "
                             + rejected->text);
  if (const auto* unknown = std::get_if<Unknown>(&outcome))
    throw std::runtime_error("unknown: " + unknown->text);
  return std::get<Accepted>(std::move(outcome));
}

inline Rejected rejected(std::future<Outcome> future) {
  auto outcome = get(std::move(future));
  if (!std::holds_alternative<Rejected>(outcome)) throw std::runtime_error("not rejected");
  return std::get<Rejected>(std::move(outcome));
}

inline Unknown unknown(std::future<Outcome> future) {
  auto outcome = get(std::move(future));
  if (!std::holds_alternative<Unknown>(outcome)) throw std::runtime_error("not unknown");
  return std::get<Unknown>(std::move(outcome));
}

inline troupe::v1::Commit parsed(const StoredCommit& stored) {
  troupe::v1::Commit commit;
  if (!commit.ParseFromString(stored.bytes)) throw std::invalid_argument("not a commit");
  return commit;
}

}  // namespace troupe::engine::test
