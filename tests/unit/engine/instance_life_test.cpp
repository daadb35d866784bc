// Instances leave memory and come back: snapshots, memory, damage.
#include <catch2/catch_all.hpp>

#include "runtime/engine/command_memory.hpp"
#include "runtime/engine/fold.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using troupe::test::eventually;

const auto alice = instance("example", "account", "alice");
const auto alices = Subject::events(alice);
const auto bank = model_of<Bank>();
const auto& account = *bank.aggregate("account");

std::optional<std::string> snapshot_of(World& world, const Subject& subject) {
  std::optional<std::string> bytes;
  world.snapshots.get(subject, [&](auto found) { bytes = found.value(); });
  return bytes;
}

/// A commit as another writer would store it.
std::string foreign_commit(std::uint64_t version, const std::string& previous, Time at,
                           const std::string& command_id, std::int64_t cents) {
  troupe::v1::Commit commit;
  commit.set_context("example");
  commit.set_aggregate("account");
  commit.set_id("alice");
  commit.set_first_version(version);
  commit.set_command_id(command_id);
  commit.set_command_type("DepositMoney");
  commit.set_command_hash(command_hash("DepositMoney", deposit(cents)));
  const auto milliseconds = at.time_since_epoch().count();
  commit.mutable_committed_at()->set_seconds(milliseconds / 1'000);
  v1::MoneyDeposited deposited;
  deposited.set_cents(cents);
  commit.add_events()->PackFrom(deposited);
  if (!previous.empty()) commit.set_previous_hash(sha256(previous));
  return commit.SerializeAsString();
}

void store(World& world, std::uint64_t expected, std::vector<std::string> commits) {
  std::promise<AppendResult> promise;
  world.log.append(alices, expected, std::move(commits),
                   [&](AppendResult result) { promise.set_value(result); });
  if (get(promise.get_future()).outcome != AppendResult::Outcome::acknowledged)
    throw std::runtime_error("the test's own append was refused");
}

/// Commits of the commands c1, c2, and so on, with these commit times.
void store_history(World& world, std::uint64_t count,
                   const std::function<Time(std::uint64_t)>& time_of) {
  std::string previous;
  std::vector<std::string> commits;
  for (std::uint64_t version = 1; version <= count; ++version) {
    previous =
        foreign_commit(version, previous, time_of(version), "c" + std::to_string(version), 1);
    commits.push_back(previous);
    if (commits.size() < 200 && version < count) continue;
    const auto expected = version - commits.size();
    store(world, expected, std::exchange(commits, {}));
  }
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
  for (const auto& stored : world.commits(alices)) REQUIRE(folded.apply(stored));
  CHECK(restored->snapshot("same") == folded.snapshot("same"));

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
  REQUIRE(snapshot.ParseFromString(*snapshot_of(world, alices)));
  CHECK(snapshot.version() == 3);
}

TEST_CASE("of an instance that remembers many a snapshot is kept when a quarter is new, or in time",
          "[engine]") {
  World world;
  EngineOptions options;
  options.snapshot_every = 3;
  std::uint64_t kept = 0;
  SECTION("in time") {
    options.snapshot_interval = 0ms;
    kept = 39;
  }
  SECTION("when a quarter is new") {
    options.snapshot_interval = 1h;
    kept = 33;  // 3, 6, 9, 12, 15, then 19, 25, 33, and 44 would be next
  }
  Node node(world, {model_of<Bank>()}, options);
  for (int i = 0; i < 40; ++i) (void)accepted(node.send(command_to(alice, deposit(1))));
  troupe::v1::Snapshot snapshot;
  REQUIRE(eventually(patience, [&] {
    return snapshot.ParseFromString(snapshot_of(world, alices).value_or(""))
           && snapshot.version() >= kept;
  }));
  CHECK(snapshot.version() == kept);
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
  REQUIRE(wrong.ParseFromString(*snapshot_of(world, alices)));
  v1::AccountState rich;
  rich.set_balance_cents(1'000'000);
  wrong.set_state(rich.SerializeAsString());
  wrong.set_version(wrong.version() + 1);
  world.snapshots.put(alices, 1'000, wrong.SerializeAsString());

  auto options = eager_to_forget();
  options.program = "another";
  Node node(world, {model_of<Bank>()}, options);
  CHECK(rejected(node.send(command_to(alice, withdraw(31)))).decided_at == 1);
}

TEST_CASE("a snapshot that the log does not bear out is ignored", "[engine]") {
  World world;
  const auto other = foreign_commit(1, "", world.clock.now(), "other", 1'000);
  Fold fold(account);
  REQUIRE(fold.apply({1, alices, other}));
  world.snapshots.put(alices, 1, fold.snapshot(fingerprint_of(account, "dev")));
  store(world, 0, {foreign_commit(1, "", world.clock.now(), "real", 10)});

  Node node(world, {model_of<Bank>()});
  CHECK(rejected(node.send(command_to(alice, withdraw(11)))).code == 422);
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
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == 503);
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == 503);
}

TEST_CASE("an instance that was refused is served again when its log is sound", "[engine]") {
  World world;
  const auto first = foreign_commit(1, "", world.clock.now(), "c1", 10);
  store(world, 0, {first, foreign_commit(2, first, world.clock.now(), "c2", 10)});
  world.broker.flip_bit(alice.context, 1);
  Node node(world, {model_of<Bank>()});
  CHECK(rejected(node.send(command_to(alice, withdraw(1)))).code == 503);
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
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == 503);
  CHECK(world.commits(alices).size() == 1);
}

TEST_CASE("a command older than the memory reaches is looked up in the whole log", "[engine]") {
  World world;
  const auto now = world.clock.now();
  const std::uint64_t count = CommandMemory::kept_min + 50;
  store_history(world, count, [&](auto n) { return now - 24h + std::chrono::seconds(n); });
  Node node(world, {model_of<Bank>()});

  auto forgotten_one = command_to(alice, deposit(1), "c7");
  forgotten_one.issued_at = now - 24h;
  const auto repeat = accepted(node.send(forgotten_one));
  CHECK(repeat.duplicate);
  CHECK(repeat.first_version == 7);
  CHECK(repeat.sequence == 7);
  CHECK(world.commits(alices).size() == count);

  auto old_and_new = command_to(alice, deposit(1));
  old_and_new.issued_at = now - 24h;
  CHECK(accepted(node.send(old_and_new)).first_version == count + 1);
}

TEST_CASE("of equal commands that wait for one look-up each gets the answer of the first",
          "[engine]") {
  World world;
  const auto now = world.clock.now();
  const std::uint64_t count = CommandMemory::kept_min + 50;
  store_history(world, count, [&](auto n) { return now - 24h + std::chrono::seconds(n); });
  Node node(world, {model_of<Bank>()});
  const std::string id = GENERATE("c7", "new");
  auto command = command_to(alice, deposit(1), id);
  command.issued_at = now - 24h;

  std::promise<void> all_wait;
  world.broker.worker().post([&] { all_wait.get_future().wait(); });
  std::vector<std::future<Outcome>> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(node.send(command));
  all_wait.set_value();

  const auto first = accepted(std::move(waiting[0]));
  CHECK(first.duplicate == (id == "c7"));
  for (std::size_t i = 1; i < waiting.size(); ++i) {
    const auto again = accepted(std::move(waiting[i]));
    CHECK(again.duplicate);
    CHECK(again.first_version == first.first_version);
    CHECK(again.sequence == first.sequence);
  }
  CHECK(world.commits(alices).size() == count + (id == "new" ? 1 : 0));
}

TEST_CASE("a busy instance takes new commands from its memory and looks repeats up", "[engine]") {
  World world;
  const auto now = world.clock.now();
  const std::uint64_t count = CommandMemory::kept_max + 200;
  store_history(world, count, [&](auto) { return now; });
  Node node(world, {model_of<Bank>()}, eager_to_forget());

  const auto first = accepted(node.send(command_to(alice, deposit(1))));
  CHECK(first.first_version == count + 1);
  const auto repeat = accepted(node.send(command_to(alice, deposit(1), "c7")));
  CHECK(repeat.duplicate);
  CHECK(repeat.first_version == 7);

  REQUIRE(forgotten(node));  // back from its snapshot, it has to read once what it forgot
  CHECK(accepted(node.send(command_to(alice, deposit(1)))).first_version == count + 2);
  CHECK(accepted(node.send(command_to(alice, deposit(1), "c8"))).duplicate);
  CHECK(world.commits(alices).size() == count + 2);
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
