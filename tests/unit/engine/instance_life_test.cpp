// Instances leave memory and come back: snapshots, memory, damage.
#include <catch2/catch_all.hpp>

#include "runtime/engine/history/fold.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/history.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using troupe::test::eventually;

const auto bank = model_of<Bank>();
const auto& account = *bank.aggregate("account");

std::optional<Snapshot> snapshot_of(World& world, const Subject& subject) {
  std::optional<Snapshot> snapshot;
  world.snapshots.get(subject, [&](auto found) { snapshot = found.value(); });
  return snapshot;
}

EngineOptions eager_to_forget() {
  EngineOptions options;
  options.idle_after = 20ms;
  options.snapshot_min = 1;
  return options;
}

bool forgotten(const Node& node) {
  return eventually(patience, [&] { return node.stats("example").instances == 0; });
}

}  // namespace

TEST_CASE("an idle instance leaves memory, keeps a snapshot and comes back as it was", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()}, eager_to_forget());
  const auto first = command_to(alice, deposit(30));
  (void)accepted(node.send(first));
  (void)accepted(node.send(command_to(alice, deposit(12))));
  REQUIRE(forgotten(node));
  REQUIRE(eventually(patience, [&] { return snapshot_of(world, alices).has_value(); }));

  const auto restored =
      Fold::restore(account, *snapshot_of(world, alices), fingerprint_of(account, "dev"));
  REQUIRE(restored);
  Fold folded(account);
  for (const auto& stored : world.commits(alices)) REQUIRE(folded.apply(stored, parsed(stored)));
  CHECK(restored->snapshot("same").bytes == folded.snapshot("same").bytes);

  CHECK(accepted(node.send(first)).duplicate);
  CHECK(accepted(node.send(command_to(alice, withdraw(42)))).first_version == 3);
}

TEST_CASE("instances leave memory when there are too many", "[engine]") {
  World world;
  EngineOptions options;
  options.instances_max = 64;  // one for each slot
  Node node(world, {model_of<Bank>()}, options);
  for (int i = 0; i < 300; ++i)
    (void)accepted(
        node.send(command_to(instance("example", "account", "a" + std::to_string(i)), deposit(1))));

  CHECK(node.stats("example").instances <= 64);
  CHECK(accepted(node.send(command_to(instance("example", "account", "a0"), deposit(1))))
            .first_version
        == 2);
}

TEST_CASE("instances leave memory when they take too much of it", "[engine]") {
  World world;
  EngineOptions options;
  options.instance_bytes_max = 50'000;
  Node node(world, {model_of<Bank>()}, options);
  for (int i = 0; i < 300; ++i)
    (void)accepted(
        node.send(command_to(instance("example", "account", "a" + std::to_string(i)), deposit(1))));

  // Each takes about 2.5 KB, and what the newest takes is known only after it has answered.
  CHECK(eventually(patience, [&] { return node.stats("example").instances <= 30; }));
  CHECK(node.stats("example").instances >= 5);
  CHECK(accepted(node.send(command_to(instance("example", "account", "a0"), deposit(1))))
            .first_version
        == 2);
}

TEST_CASE("a snapshot is kept every so many commits", "[engine]") {
  World world;
  EngineOptions options;
  options.snapshot_every = 3;
  Node node(world, {model_of<Bank>()}, options);
  for (int i = 0; i < 3; ++i) (void)accepted(node.send(command_to(alice, deposit(1))));

  REQUIRE(eventually(patience, [&] { return snapshot_of(world, alices).has_value(); }));
  troupe::v1::Snapshot snapshot;
  REQUIRE(snapshot.ParseFromString(snapshot_of(world, alices)->bytes));
  CHECK(snapshot.version() == 3);
}

TEST_CASE("a snapshot of another program is ignored", "[engine]") {
  World world;
  {
    Node node(world, {model_of<Bank>()}, eager_to_forget());
    (void)accepted(node.send(command_to(alice, deposit(30))));
    REQUIRE(forgotten(node));
    REQUIRE(eventually(patience, [&] { return snapshot_of(world, alices).has_value(); }));
  }
  troupe::v1::Snapshot wrong;
  REQUIRE(wrong.ParseFromString(snapshot_of(world, alices)->bytes));
  v1::AccountState rich;
  rich.set_balance_cents(1'000'000);
  wrong.set_state(rich.SerializeAsString());
  wrong.set_version(wrong.version() + 1);
  world.snapshots.put(alices, {.version = 1'000, .bytes = wrong.SerializeAsString()});

  auto options = eager_to_forget();
  options.program = "another";
  Node node(world, {model_of<Bank>()}, options);
  CHECK(rejected(node.send(command_to(alice, withdraw(31)))).decided_at == 1);
}

TEST_CASE("a snapshot counts as long as the code that folds the context has its fingerprint",
          "[engine]") {
  World world;
  auto models = std::vector{model_of<Bank>()};
  models[0].fingerprint = "first";
  auto options = eager_to_forget();
  {
    Node node(world, models, options);
    (void)accepted(node.send(command_to(alice, deposit(30))));
    REQUIRE(forgotten(node));
    REQUIRE(eventually(patience, [&] { return snapshot_of(world, alices).has_value(); }));
  }
  auto kept = *snapshot_of(world, alices);
  troupe::v1::Snapshot snapshot;
  REQUIRE(snapshot.ParseFromString(kept.bytes));
  v1::AccountState rich;
  rich.set_balance_cents(1'000'000);
  snapshot.set_state(rich.SerializeAsString());
  kept.bytes = snapshot.SerializeAsString();
  world.snapshots.put(alices, kept);

  options.program = "another";
  SECTION("another program with the same folds uses it") {
    Node node(world, models, options);
    CHECK(accepted(node.send(command_to(alice, withdraw(31)))).first_version == 2);
  }
  SECTION("one with other folds does not") {
    models[0].fingerprint = "second";
    Node node(world, models, options);
    CHECK(rejected(node.send(command_to(alice, withdraw(31)))).decided_at == 1);
  }
}

TEST_CASE("a snapshot that the log does not bear out is ignored", "[engine]") {
  World world;
  const auto other = foreign_commit(1, "", world.clock.now(), "other", 1'000);
  Fold fold(account);
  const StoredCommit first{1, alices, other};
  REQUIRE(fold.apply(first, parsed(first)));
  world.snapshots.put(alices, fold.snapshot(fingerprint_of(account, "dev")));
  store(world, 0, {foreign_commit(1, "", world.clock.now(), "real", 10)});

  Node node(world, {model_of<Bank>()});
  CHECK(rejected(node.send(command_to(alice, withdraw(11)))).code == RejectionCode::refused);
  CHECK(accepted(node.send(command_to(alice, withdraw(10)))).first_version == 2);
}

TEST_CASE("an instance whose chain of commits is broken is not served", "[engine]") {
  World world;
  const auto now = world.clock.now();
  const auto first = foreign_commit(1, "", now, "c1", 10);
  SECTION("by a missing version") {
    store(world, 0, {first, foreign_commit(3, first, now, "c3", 10)});
  }
  SECTION("by a wrong hash") {
    store(world, 0, {first, foreign_commit(2, "something else", now, "c2", 10)});
  }
  SECTION("by bytes that are no commit") { store(world, 0, {first, "\xff\xff"}); }

  Node node(world, {model_of<Bank>()});
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == RejectionCode::unavailable);
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == RejectionCode::unavailable);
}

TEST_CASE("an instance that was refused is served again when its log is sound", "[engine]") {
  World world;
  const auto first = foreign_commit(1, "", world.clock.now(), "c1", 10);
  store(world, 0, {first, foreign_commit(2, first, world.clock.now(), "c2", 10)});
  world.broker.flip_bit(alice.context, 1);
  Node node(world, {model_of<Bank>()});
  CHECK(rejected(node.send(command_to(alice, withdraw(1)))).code == RejectionCode::unavailable);
  world.broker.flip_bit(alice.context, 1);
  CHECK(eventually(patience, [&] {
    return std::holds_alternative<Accepted>(get(node.send(command_to(alice, withdraw(1)))));
  }));
}

TEST_CASE("an instance notices by itself that the log went back", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(1))));
  (void)accepted(node.send(command_to(alice, deposit(1))));
  world.broker.lose_tail(alice.context, 1);

  // Unknown, or refused when the guard of the whole log was faster.
  CHECK_FALSE(std::holds_alternative<Accepted>(get(node.send(command_to(alice, deposit(1))))));
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == RejectionCode::unavailable);
  CHECK(world.commits(alices).size() == 1);
}

TEST_CASE("commit times never go back", "[engine]") {
  World world;
  const auto ahead = world.clock.now() + std::chrono::hours(1);
  store(world, 0, {foreign_commit(1, "", ahead, "c1", 10)});
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(1))));

  const auto stored = world.commits(alices);
  CHECK(parsed(stored[1]).committed_at().seconds() == parsed(stored[0]).committed_at().seconds());
}

}  // namespace troupe::engine::test
