// Commands for slots of other nodes are bounded, whatever those nodes do.
#include <algorithm>
#include <optional>
#include <set>

#include <catch2/catch_all.hpp>

#include "runtime/engine/ownership/members.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using troupe::test::eventually;

/// Owners that take commands and do not answer before they are told to.
class SilentOwners final : public SlotOwners {
public:
  void send(std::uint32_t, Command, CommandBus::Answered answered) override {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(answered));
  }
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  void answer() {
    std::vector<CommandBus::Answered> waiting;
    {
      const std::lock_guard lock(mutex_);
      waiting.swap(waiting_);
    }
    for (auto& answered : waiting) answered(Accepted{});
  }

private:
  mutable std::mutex mutex_;
  std::vector<CommandBus::Answered> waiting_;
};

}  // namespace

TEST_CASE("forwards: an owner that does not answer keeps out no command for what a node owns",
          "[engine][forwards]") {
  constexpr std::size_t forwards_max = 8;
  World world;
  EngineOptions options;
  options.beat_interval = 10ms;
  options.node = "n1";
  Node owner(world, {model_of<Bank>()}, options);

  options.node = "n2";
  options.forwards_max = forwards_max;
  SilentOwners silent;
  Conditions conditions(world.clock);
  memory::MemoryLeases leases(world.clock, world.lease_table, options.node);
  Engine engine(options, host::ports_in_memory(world, {leases, silent, world.effects, conditions}),
                {model_of<Bank>()});
  REQUIRE(engine.start(world.ingress));
  const auto slots = [&] { return engine.stats().contexts.front().slots; };
  REQUIRE(eventually(patience, [&] { return slots().size() > 16; }));

  const auto send = [&](const Instance& target) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    engine.send(command_to(target, deposit(1)),
                [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  };
  // A slot that one of the nodes owns for good: the other one never gets it.
  const auto others = [&] {
    std::set<std::uint32_t> all;
    for (std::uint32_t slot = 0; slot < slots_default; ++slot)
      if (owner_of(slot, {"n1|", "n2|"}) == "n1|") all.insert(slot);
    return all;
  }();
  std::vector<std::future<Outcome>> forwarded;
  std::optional<Instance> own;
  for (int i = 0; forwarded.size() < forwards_max + 5 || !own; ++i) {
    const auto target = instance("example", "account", "a" + std::to_string(i));
    const auto slot = slot_of(target, slots_default);
    if (others.contains(slot))
      forwarded.push_back(send(target));
    else if (std::ranges::count(slots(), slot) > 0)
      own = target;
  }
  CHECK(silent.waiting() == forwards_max);
  std::size_t refused = 0;
  for (auto& one : forwarded)
    if (one.wait_for(0s) == std::future_status::ready)
      refused += rejected(std::move(one)).code == RejectionCode::overloaded ? 1U : 0U;
  CHECK(refused == forwarded.size() - forwards_max);

  (void)accepted(send(*own));
  silent.answer();
  engine.stop();
}

}  // namespace troupe::engine::test
