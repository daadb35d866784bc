// Owning slots while the log of claims, a slot's ingress or an earlier owner does not behave.
#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
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

const auto context = *Token::parse("example");

EngineOptions quick(const std::string& node) {
  EngineOptions options;
  options.node = node;
  options.slots = 8;
  options.beat_interval = 10ms;
  options.suspect_after = 150ms;
  options.unfit_patience = 100ms;
  options.lease_ttl = 300ms;
  return options;
}

std::size_t slots_of(const Engine& engine) { return engine.stats().contexts.at(0).slots.size(); }

/// Leases whose beats can be waited for.
class CountedLeases final : public Leases {
public:
  CountedLeases(World& world, const std::string& node)
      : leases_(world.clock, world.lease_table, node) {}

  const std::string& self() const override { return leases_.self(); }
  Result<std::vector<Member>> beat(const Token& of, const Beat& beat,
                                   const std::vector<std::string>& dead) override {
    {
      const std::lock_guard lock(mutex_);
      ++beats_;
      changed_.notify_all();
    }
    return leases_.beat(of, beat, dead);
  }
  Result<std::vector<std::uint32_t>> hold(const Token& of, const std::vector<std::uint32_t>& wanted,
                                          const std::vector<std::string>& displaced,
                                          std::chrono::milliseconds ttl) override {
    return leases_.hold(of, wanted, displaced, ttl);
  }
  Result<void> release(const Token& of, const std::vector<std::uint32_t>& slots) override {
    return leases_.release(of, slots);
  }
  Result<void> leave(const Token& of) override { return leases_.leave(of); }

  int beats() {
    const std::lock_guard lock(mutex_);
    return beats_;
  }
  void wait_for_beats(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&, until = beats_ + count] { return beats_ >= until; });
  }

private:
  memory::MemoryLeases leases_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int beats_ = 0;
};

/// Claims of a table that can be exchanged or out of reach.
class SwitchedClaims final : public Claims {
public:
  explicit SwitchedClaims(Claims& claims) : claims_(&claims) {}

  void set_reachable(bool reachable) { reachable_ = reachable; }
  void exchange_for(Claims& claims) { claims_ = &claims; }

  bool reachable() const override { return reachable_; }
  Result<std::uint32_t> agree_on_slots(std::uint32_t wanted) override {
    return claims_.load()->agree_on_slots(wanted);
  }
  std::unique_ptr<Subscription> follow(const Token& of, ClaimHandler& handler) override {
    return claims_.load()->follow(of, handler);
  }
  void record(const Token& of, const Claim& claim, std::uint64_t after, Claimed done) override {
    claims_.load()->record(of, claim, after, std::move(done));
  }

private:
  std::atomic<Claims*> claims_;
  std::atomic<bool> reachable_{true};
};

/// Claims that a node may record and not follow, as one without the right to.
class DeafClaims final : public Claims {
public:
  explicit DeafClaims(Claims& claims) : claims_(claims) {}

  bool reachable() const override { return true; }
  Result<std::uint32_t> agree_on_slots(std::uint32_t wanted) override {
    return claims_.agree_on_slots(wanted);
  }
  std::unique_ptr<Subscription> follow(const Token&, ClaimHandler&) override {
    return std::make_unique<Subscription>();
  }
  void record(const Token& of, const Claim& claim, std::uint64_t after, Claimed done) override {
    claims_.record(of, claim, after, std::move(done));
  }

private:
  Claims& claims_;
};

/// Claims of a control stream that is another system's.
class OthersClaims final : public Claims {
public:
  bool reachable() const override { return true; }
  Result<std::uint32_t> agree_on_slots(std::uint32_t) override {
    return permanent("stream CTL is of another system");
  }
  std::unique_ptr<Subscription> follow(const Token&, ClaimHandler&) override { return nullptr; }
  void record(const Token&, const Claim&, std::uint64_t, Claimed) override {}
};

/// Opens each slot only after some beats.
class SlowIngress final : public SlotIngress {
public:
  explicit SlowIngress(CountedLeases& leases) : leases_(leases) {}
  Result<void> open_to_all(const Token&, bool) override { return {}; }
  Result<void> open(const Token&, std::uint32_t) override {
    leases_.wait_for_beats(2);
    return {};
  }
  void close(const Token&, const std::vector<std::uint32_t>&) override {}

private:
  CountedLeases& leases_;
};

/// Remembers which slots are open.
class WatchedIngress final : public SlotIngress {
public:
  Result<void> open_to_all(const Token&, bool open) override {
    to_all_ = open;
    return {};
  }
  Result<void> open(const Token&, std::uint32_t slot) override {
    const std::lock_guard lock(mutex_);
    open_.insert(slot);
    return {};
  }
  void close(const Token&, const std::vector<std::uint32_t>& slots) override {
    const std::lock_guard lock(mutex_);
    for (const auto slot : slots) open_.erase(slot);
  }

  bool to_all() const { return to_all_; }
  std::size_t open_slots() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
  }

private:
  std::atomic<bool> to_all_{true};
  mutable std::mutex mutex_;
  std::set<std::uint32_t> open_;
};

/// Sees nothing of a log that others see, as long as the test wants.
class BlindInspector final : public StreamInspector {
public:
  explicit BlindInspector(StreamInspector& inspector) : inspector_(inspector) {}

  void set_blind(bool blind) { blind_ = blind; }

  Result<std::optional<StreamFacts>> facts(const std::string& stream) override {
    if (blind_) return unseen();
    return inspector_.facts(stream);
  }
  Result<std::optional<std::string>> hash_at(const std::string& stream,
                                             std::uint64_t sequence) override {
    if (blind_) return unseen();
    return inspector_.hash_at(stream, sequence);
  }
  Result<std::optional<Incarnation>> accepted(const std::string& stream) override {
    if (blind_) return unseen();
    return inspector_.accepted(stream);
  }
  Result<void> accept(const std::string& stream, const Incarnation& incarnation,
                      Record which) override {
    return inspector_.accept(stream, incarnation, which);
  }
  Result<void> reachable(const std::string& stream) override {
    if (blind_) return unseen();
    return inspector_.reachable(stream);
  }
  std::shared_ptr<void> watch(std::function<void(bool)> changed) override {
    return inspector_.watch(std::move(changed));
  }

private:
  static tl::unexpected<Failure> unseen() { return retryable("its leader is not followed"); }

  StreamInspector& inspector_;
  std::atomic<bool> blind_{false};
};

/// Slots that stay shut until they are let.
class ShutIngress final : public SlotIngress {
public:
  Result<void> open_to_all(const Token&, bool) override { return {}; }
  Result<void> open(const Token&, std::uint32_t) override {
    if (let_) return {};
    return retryable("it is shut");
  }
  void close(const Token&, const std::vector<std::uint32_t>&) override {}
  void let() { let_ = true; }

private:
  std::atomic<bool> let_{false};
};

/// What is claimed, as everybody hears it.
class Listener final : public ClaimHandler {
public:
  void claimed(const Claim& claim) override {
    const std::lock_guard lock(mutex_);
    last_[claim.slot] = claim;
  }
  void caught_up() override {}

  std::size_t slots_of(const std::string& holder) const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [slot, claim] : last_) count += claim.holder == holder ? 1U : 0U;
    return count;
  }
  std::uint64_t highest_epoch() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t highest = 0;
    for (const auto& [slot, claim] : last_) highest = std::max(highest, claim.epoch);
    return highest;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, Claim> last_;
};

/// A node on the world's ports with leases and claims of the test's.
std::unique_ptr<Engine> engine_of(World& world, const EngineOptions& options, Leases& leases,
                                  Claims& claims, SlotIngress& ingress, Conditions& conditions,
                                  StreamInspector* inspector = nullptr) {
  auto engine = std::make_unique<Engine>(options,
                                         host::ports_in_memory(world, {.leases = leases,
                                                                       .owners = world.switchboard,
                                                                       .effects = world.effects,
                                                                       .conditions = conditions,
                                                                       .inspector = inspector,
                                                                       .claims = &claims}),
                                         std::vector{model_of<Bank>()});
  if (const auto started = engine->start(ingress); !started)
    throw std::runtime_error(started.error().what);
  return engine;
}

}  // namespace

TEST_CASE("a node is not ready while slots are claimed by one who may be dead",
          "[engine][slots][conditions]") {
  World world;
  REQUIRE(world.claims.agree_on_slots(8));
  for (std::uint32_t slot = 0; slot < 8; ++slot) {
    std::promise<bool> recorded;
    world.claims.record(context,
                        {.slot = slot, .epoch = 0, .holder = "n0|killed", .handed_over_by = {}}, 0,
                        [&](const auto& result) { recorded.set_value(result.has_value()); });
    REQUIRE(get(recorded.get_future()));
  }
  Node node(world, {model_of<Bank>()}, quick("n1"));
  CHECK(node.says(condition::slots_unowned) == "not every slot of example has an owner yet");
  REQUIRE(eventually(patience, [&] { return !any_unready(node.conditions().all()); }));
  for (int i = 0; i < 20; ++i)
    (void)accepted(
        node.send(command_to(instance("example", "account", "a" + std::to_string(i)), deposit(1))));
}

TEST_CASE("a node that joins is ready when it knows the others to be alive",
          "[engine][slots][conditions]") {
  World world;
  const Node first(world, {model_of<Bank>()}, quick("n1"));
  CHECK_FALSE(any_unready(first.conditions().all()));
  const Node second(world, {model_of<Bank>()}, quick("n2"));
  CHECK(eventually(patience, [&] { return !any_unready(second.conditions().all()); }));
}

TEST_CASE("a node is not ready before its slots are open", "[engine][slots][conditions]") {
  World world;
  CountedLeases leases(world, "n1");
  ShutIngress ingress;
  auto options = quick("n1");
  options.take_patience = 20ms;
  Conditions conditions(world.clock);
  const auto engine = engine_of(world, options, leases, world.claims, ingress, conditions);
  leases.wait_for_beats(5);
  CHECK_FALSE(conditions.sentence(condition::slots_unowned, "example").empty());
  ingress.let();
  CHECK(eventually(patience, [&] { return !any_unready(conditions.all()); }));
}

TEST_CASE("a slot that is slow to open is claimed once", "[engine][slots]") {
  World world;
  CountedLeases leases(world, "n1");
  SlowIngress ingress(leases);
  Listener listener;
  const auto following = world.claims.follow(context, listener);
  auto options = quick("n1");
  options.take_patience = patience;
  Conditions conditions(world.clock);
  const auto engine = engine_of(world, options, leases, world.claims, ingress, conditions);
  CHECK(slots_of(*engine) == 8);
  leases.wait_for_beats(3);
  CHECK(listener.highest_epoch() == 8);
}

TEST_CASE("a node that cannot reach the log loses its slots to one that can", "[engine][slots]") {
  World world;
  CountedLeases leases(world, "n1");
  SwitchedClaims claims(world.claims);
  WatchedIngress ingress;
  Conditions conditions(world.clock);
  const auto cut_off = engine_of(world, quick("n1"), leases, claims, ingress, conditions);
  REQUIRE(slots_of(*cut_off) == 8);
  REQUIRE(ingress.to_all());
  claims.set_reachable(false);
  leases.wait_for_beats(50);  // alone it keeps all, however long
  CHECK(slots_of(*cut_off) == 8);
  CHECK(ingress.to_all());
  const Node other(world, {model_of<Bank>()}, quick("n2"));
  CHECK(eventually(patience, [&] { return other.stats("example").slots.size() == 8; }));
  CHECK(eventually(patience, [&] { return !ingress.to_all() && ingress.open_slots() == 0; }));

  claims.set_reachable(true);
  CHECK(eventually(patience, [&] { return ingress.to_all() && ingress.open_slots() > 0; }));
}

TEST_CASE("a node that does not see its log leaves its slots to one that does, and says why",
          "[engine][slots]") {
  World world;
  BlindInspector inspector(world.inspector);
  CountedLeases leases(world, "n1");
  WatchedIngress ingress;
  Conditions conditions(world.clock);
  const auto blind =
      engine_of(world, quick("n1"), leases, world.claims, ingress, conditions, &inspector);
  Node other(world, {model_of<Bank>()}, quick("n2"));
  REQUIRE(eventually(patience, [&] {
    return other.stats("example").slots.size() + slots_of(*blind) == 8 && slots_of(*blind) < 8;
  }));
  inspector.set_blind(true);
  CHECK(eventually(patience, [&] { return other.stats("example").slots.size() == 8; }));
  CHECK(eventually(patience, [&] { return !ingress.to_all() && ingress.open_slots() == 0; }));
  CHECK_THAT(conditions.sentence(condition::log_unchecked, "example"),
             Catch::Matchers::ContainsSubstring("its leader is not followed"));
  // What comes in all the same is sent on to those that see the log.
  std::promise<Outcome> answer;
  blind->send(command_to(instance("example", "account", "alice"), deposit(1)),
              [&](Outcome outcome) { answer.set_value(std::move(outcome)); });
  CHECK(std::holds_alternative<Accepted>(get(answer.get_future())));

  inspector.set_blind(false);
  CHECK(eventually(patience, [&] { return slots_of(*blind) > 0 && ingress.to_all(); }));
  CHECK(conditions.all().empty());
}

TEST_CASE("where no node sees the log, all keep what they own and say why", "[engine][slots]") {
  World world;
  BlindInspector inspector(world.inspector);
  // Nodes find out within a second of each other, which is how often they look.
  const auto patient = [](const std::string& node) {
    auto options = quick(node);
    options.suspect_after = options.unfit_patience = EngineOptions{}.unfit_patience;
    return options;
  };
  Node first(world, {model_of<Bank>()}, patient("n1"), &inspector);
  Node second(world, {model_of<Bank>()}, patient("n2"), &inspector);
  REQUIRE(eventually(patience, [&] {
    return first.stats("example").slots.size() + second.stats("example").slots.size() == 8
           && !second.stats("example").slots.empty();
  }));
  const auto slots = first.stats("example").slots;
  inspector.set_blind(true);
  REQUIRE(eventually(patience, [&] {
    return !first.says(condition::log_unchecked).empty()
           && !second.says(condition::log_unchecked).empty();
  }));
  // Longer than one alone would keep them.
  CHECK_FALSE(eventually(3s, [&] { return first.stats("example").slots != slots; }));
  CHECK(first.stats("example").slots.size() + second.stats("example").slots.size() == 8);

  inspector.set_blind(false);
  CHECK_FALSE(eventually(2s, [&] { return first.stats("example").slots != slots; }));
  CHECK(eventually(patience, [&] { return first.says(condition::log_unchecked).empty(); }));
  CHECK(eventually(patience, [&] { return second.says(condition::log_unchecked).empty(); }));
}

TEST_CASE("a node that cannot serve its share is no member, and takes none from others",
          "[engine][slots]") {
  World world;
  const Node good(world, {model_of<Bank>()}, quick("n1"));
  REQUIRE(good.stats("example").slots.size() == 8);
  CountedLeases leases(world, "n2");
  DeafClaims deaf(world.claims);
  OthersClaims others;
  auto* claims = GENERATE_REF(static_cast<Claims*>(&deaf), static_cast<Claims*>(&others));
  Conditions conditions(world.clock);
  auto options = quick("n2");
  options.take_patience = 1ms;
  const auto bad = engine_of(world, options, leases, *claims, world.ingress, conditions);
  REQUIRE(eventually(patience, [&] {
    return !conditions.sentence(condition::not_agreed, "example").empty()
           || !conditions.sentence(condition::leases_not_renewed, "example").empty();
  }));
  CHECK(any_unready(conditions.all()));
  CHECK(leases.beats() == 0);
  CHECK(good.stats("example").slots.size() == 8);
}

TEST_CASE("a node whose clock is wrong loses its slots to one whose is right", "[engine][slots]") {
  World world;
  memory::MemoryStreamInspector inspector(world.broker);
  const Node wrong(world, {model_of<Bank>()}, quick("n1"), &inspector);
  REQUIRE(wrong.stats("example").slots.size() == 8);
  inspector.set_clock_ahead(-1h);
  const Node other(world, {model_of<Bank>()}, quick("n2"));
  CHECK(eventually(patience, [&] { return other.stats("example").slots.size() == 8; }));
  CHECK(wrong.says(condition::clocks_differ).find("3600 s ahead") != std::string::npos);
}

TEST_CASE("what was claimed in a control stream that is no more is claimed anew",
          "[engine][slots]") {
  World world;
  memory::MemoryClaims restored;
  Listener listener;
  const auto following = restored.follow(context, listener);
  CountedLeases leases(world, "n1");
  SwitchedClaims claims(world.claims);
  Conditions conditions(world.clock);
  const auto engine = engine_of(world, quick("n1"), leases, claims, world.ingress, conditions);
  REQUIRE(slots_of(*engine) == 8);

  claims.exchange_for(restored);
  leases.wait_for_beats(3);
  CHECK(listener.slots_of(leases.self()) == 0);
  const auto facts = world.inspector.facts("EVT_EXAMPLE").value().value();
  REQUIRE(world.inspector.accept("EVT_EXAMPLE",
                                 {.created = facts.created,
                                  .last_sequence = facts.last_sequence,
                                  .accepted_at = world.clock.now() + 1ms,
                                  .accepted_by = "an operator"},
                                 StreamInspector::Record::next));
  CHECK(eventually(patience, [&] { return listener.slots_of(leases.self()) == 8; }));
  CHECK(eventually(patience, [&] { return slots_of(*engine) == 8; }));
}

namespace {

/// Two nodes, of which the second owns an instance and is not certain of it for a minute.
struct Doubtful {
  World world;
  Node first{world, {model_of<Bank>()}, quick("n1")};
  Node second;
  Instance target = instance("example", "account", "a0");

  static EngineOptions options() {
    auto options = quick("n2");
    options.lease_ttl = 30s;  // and twice that the doubt
    return options;
  }
  Doubtful() : second(world, {model_of<Bank>()}, options()) {
    std::uint32_t slot = 0;
    while (owner_of(slot, {"n1|", "n2|"}) != "n2|") ++slot;
    REQUIRE(eventually(
        patience, [&] { return std::ranges::count(second.stats("example").slots, slot) > 0; }));
    for (int i = 1; slot_of(target, 8) != slot; ++i)
      target = instance("example", "account", "a" + std::to_string(i));
  }
};

}  // namespace

TEST_CASE("after a hand-over what the old owner may still append is looked for",
          "[engine][slots]") {
  Doubtful nodes;
  auto& [world, first, second, target] = nodes;
  CHECK(rejected(second.send(command_to(target, withdraw(5)))).decided_at == 0);
  Rival late(world, {model_of<Bank>()});
  (void)accepted(late.send(command_to(target, deposit(5))));
  CHECK(accepted(second.send(command_to(target, withdraw(5)))).first_version == 2);
}

TEST_CASE("that a log cannot be read is said by an owner that is not certain, too",
          "[engine][slots]") {
  Doubtful nodes;
  auto& [world, first, second, target] = nodes;
  REQUIRE(world.broker.publish("EVT_EXAMPLE", StoredSubject(Subject::events(target).str()), "x"));
  auto command = command_to(target, deposit(1));
  command.forwarded = true;
  CHECK(rejected(second.send(command)).reason == unreadable_log);
}

}  // namespace troupe::engine::test
