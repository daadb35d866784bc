// Repeats of commands, of whatever age: one id has one effect.
#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include <catch2/catch_all.hpp>

#include "runtime/engine/history/command_memory.hpp"
#include "runtime/engine/history/fold.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/history.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using troupe::test::eventually;

constexpr std::uint64_t kept = CommandMemory::kept_max;

/// Lets some calls wait.
class Held {
public:
  void hold() {
    const std::lock_guard lock(mutex_);
    holds_ = true;
  }
  void release() {
    std::deque<std::function<void()>> held;
    {
      const std::lock_guard lock(mutex_);
      holds_ = false;
      held.swap(held_);
    }
    for (const auto& one : held) one();
  }
  bool someone_waits() {
    const std::lock_guard lock(mutex_);
    return !held_.empty();
  }
  void run(std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      if (holds_) return held_.push_back(std::move(call));
    }
    call();
  }

private:
  std::mutex mutex_;
  bool holds_ = false;
  std::deque<std::function<void()>> held_;
};

/// The world's log, which counts what is read of it and can let its users wait.
class WatchedLog final : public EventLog {
public:
  explicit WatchedLog(EventLog& log) : log_(log) {}

  std::atomic<std::size_t> commits_loaded{0};
  std::atomic<std::size_t> looks_back{0};
  std::atomic<std::size_t> commits_looked_back{0};
  std::atomic<std::size_t> looks_at{0};

  Held reads_back;
  Held appends;
  /// What is read back is no commit.
  std::atomic<bool> spoils{false};
  /// So many of the next reads back fail.
  std::atomic<int> failures{0};

  void append(const Subject& subject, std::uint64_t expected, std::vector<std::string> commits,
              Appended done) override {
    appends.run([this, subject, expected, commits = std::move(commits), done = std::move(done)] {
      log_.append(subject, expected, commits, done);
    });
  }
  void load(const Subject& subject, std::uint64_t after, Loaded done) override {
    log_.load(subject, after, [this, done = std::move(done)](auto commits) {
      if (commits) commits_loaded += commits->size();
      done(std::move(commits));
    });
  }
  void load_before(const Subject& subject, std::uint64_t before, Loaded done) override {
    ++looks_back;
    if (failures.fetch_sub(1) > 0) return done(retryable("the test says so"));
    reads_back.run([this, subject, before, done = std::move(done)] {
      log_.load_before(subject, before, [this, done](auto commits) {
        if (commits) commits_looked_back += commits->size();
        if (commits && spoils) commits->front().bytes = "x";
        done(std::move(commits));
      });
    });
  }
  void load_at(const Subject& subject, std::vector<std::uint64_t> sequences, Loaded done) override {
    ++looks_at;
    log_.load_at(subject, std::move(sequences), std::move(done));
  }

private:
  EventLog& log_;
};

/// An account whose commands are of a day ago, a second apart.
struct OldAccount {
  World world;
  WatchedLog log{world.log};
  const Time now = world.clock.now();
  static constexpr std::uint64_t count = kept + 3'000;

  OldAccount() {
    store_history(world, count, [this](auto n) { return time_of(n); });
  }
  Time time_of(std::uint64_t number) const { return now - 24h + std::chrono::seconds(number); }
  Command old(const std::string& id, std::uint64_t issued_like = 7) const {
    auto command = command_to(alice, deposit(1), id);
    command.issued_at = time_of(issued_like);
    return command;
  }
};

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

TEST_CASE("a repeat within a quarter of an hour is recognised whatever its issue time says",
          "[engine][repeats]") {
  World world;
  const auto now = world.clock.now();
  const std::uint64_t count = 20'000;
  const auto time_of = [&](auto n) { return now - 10min + 30ms * n; };
  store_history(world, count, time_of);
  WatchedLog log(world.log);
  std::uint64_t version = count;
  const auto check = [&](Node& node) {
    for (const std::uint64_t number : {1, 7, 5'000, 18'000, 19'999}) {
      auto command = command_to(alice, deposit(1), "c" + std::to_string(number));
      const auto repeat = accepted(node.send(command));
      CHECK(repeat.duplicate);
      CHECK(repeat.first_version == number);
      CHECK(repeat.sequence == number);
      command.issued_at = time_of(number);
      CHECK(accepted(node.send(command)).first_version == number);
    }
    CHECK(accepted(node.send(command_to(alice, deposit(1)))).first_version == ++version);
  };
  {
    Node node(world, {model_of<Bank>()}, {}, nullptr, &log);
    check(node);
  }
  const auto loaded_before = log.commits_loaded.load();
  Node next(world, {model_of<Bank>()}, {.node = "next"}, nullptr, &log);  // from the snapshot
  check(next);
  CHECK(log.commits_loaded - loaded_before <= EngineOptions{}.snapshot_every);
  CHECK(log.looks_back == 0);
  CHECK(world.commits(alices).size() == version);
}

TEST_CASE("a command issued before the memory reaches is looked up in the log",
          "[engine][repeats]") {
  OldAccount old;
  Node node(old.world, {model_of<Bank>()});
  const auto repeat = accepted(node.send(old.old("c7")));
  CHECK(repeat.duplicate);
  CHECK(repeat.first_version == 7);
  CHECK(repeat.sequence == 7);
  CHECK(old.world.commits(alices).size() == old.count);
  CHECK(accepted(node.send(old.old("new"))).first_version == old.count + 1);
  CHECK(accepted(node.send(old.old("new"))).duplicate);
}

TEST_CASE("of equal commands that wait for one look-up each gets the answer of the first",
          "[engine][repeats]") {
  OldAccount old;
  Node node(old.world, {model_of<Bank>()});
  const std::string id = GENERATE("c7", "new");

  std::promise<void> all_wait;
  old.world.broker.worker().post([&] { all_wait.get_future().wait(); });
  std::vector<std::future<Outcome>> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(node.send(old.old(id)));
  all_wait.set_value();

  const auto first = accepted(std::move(waiting[0]));
  CHECK(first.duplicate == (id == "c7"));
  for (std::size_t i = 1; i < waiting.size(); ++i) {
    const auto again = accepted(std::move(waiting[i]));
    CHECK(again.duplicate);
    CHECK(again.first_version == first.first_version);
    CHECK(again.sequence == first.sequence);
  }
  CHECK(old.world.commits(alices).size() == old.count + (id == "new" ? 1 : 0));
}

TEST_CASE("an equal command that needs no look-up waits for the one that does",
          "[engine][repeats]") {
  OldAccount old;
  Node node(old.world, {model_of<Bank>()}, {}, nullptr, &old.log);
  const std::string id = GENERATE("c7", "new");
  old.log.reads_back.hold();
  auto first = node.send(old.old(id));
  REQUIRE(eventually(patience, [&] { return old.log.reads_back.someone_waits(); }));
  auto second = node.send(command_to(alice, deposit(1), id));  // issued now
  CHECK(accepted(node.send(command_to(alice, deposit(1)))).first_version == old.count + 1);
  CHECK(second.wait_for(0ms) == std::future_status::timeout);
  old.log.reads_back.release();

  const auto answer = accepted(std::move(first));
  CHECK(answer.first_version == (id == "c7" ? 7 : old.count + 2));
  CHECK(accepted(std::move(second)).first_version == answer.first_version);
}

TEST_CASE("a look-up reads no further back than needed, and serves all that are younger",
          "[engine][repeats]") {
  OldAccount old;
  Node node(old.world, {model_of<Bank>()}, {}, nullptr, &old.log);
  CHECK(accepted(node.send(old.old("new-0", 2'500))).first_version == old.count + 1);
  const auto skew = static_cast<std::uint64_t>(CommandMemory::skew_max / 1s);
  const auto needed = old.count - kept - (2'500 - skew);
  CHECK(old.log.commits_looked_back >= needed);
  CHECK(old.log.commits_looked_back <= needed + memory::MemoryEventLog::page_max);

  const auto looks = old.log.looks_back.load();
  for (std::uint64_t i = 2'501; i < 2'600; ++i)
    CHECK_FALSE(accepted(node.send(old.old("new-" + std::to_string(i), i))).duplicate);
  CHECK(accepted(node.send(old.old("c2600", 2'600))).first_version == 2'600);
  CHECK(old.log.looks_back == looks);
  CHECK(old.log.looks_at == 1);

  CHECK(accepted(node.send(old.old("c2000", 2'000))).first_version == 2'000);  // goes on from there
  CHECK(old.log.commits_looked_back <= needed + 500 + 2 * memory::MemoryEventLog::page_max);
}

TEST_CASE("a look-up goes on when whoever asked for it waits no more", "[engine][repeats]") {
  OldAccount old;
  Node node(old.world, {model_of<Bank>()}, {}, nullptr, &old.log);
  CHECK(accepted(node.send(command_to(alice, deposit(1)))).first_version == old.count + 1);
  old.log.reads_back.hold();
  auto impatient = old.old("new");
  impatient.deadline = std::chrono::steady_clock::now() + 50ms;
  CHECK(rejected(node.send(impatient)).code == RejectionCode::unavailable);
  old.log.reads_back.release();
  constexpr auto page = memory::MemoryEventLog::page_max;
  constexpr auto pages = (old.count - kept + page - 1) / page + 1;  // the last one is empty
  REQUIRE(eventually(patience, [&] { return old.log.looks_back == pages; }));
  old.world.broker.settle();

  const auto looks = old.log.looks_back.load();
  CHECK(accepted(node.send(old.old("c100", 100))).first_version == 100);
  CHECK(accepted(node.send(old.old("new"))).first_version == old.count + 2);
  CHECK(old.log.looks_back == looks);
}

TEST_CASE("a repeat is found though who issued it has a clock that is ahead", "[engine][repeats]") {
  OldAccount old;
  Node node(old.world, {model_of<Bank>()}, {}, nullptr, &old.log);
  // A little before the first page that is read back: the look-up must not end with that.
  const auto number = old.count - kept - memory::MemoryEventLog::page_max - 100;
  auto command = old.old("c" + std::to_string(number), number);
  command.issued_at += CommandMemory::issued_ahead_max;
  CHECK(accepted(node.send(command)).first_version == number);
}

TEST_CASE("a look-up that meets what is no commit takes nobody along", "[engine][repeats]") {
  OldAccount old;
  Node node(old.world, {model_of<Bank>()}, {}, nullptr, &old.log);
  old.log.spoils = true;
  old.log.reads_back.hold();
  old.log.appends.hold();
  auto looked_up = node.send(old.old("c7"));
  REQUIRE(eventually(patience, [&] { return old.log.reads_back.someone_waits(); }));
  auto appended = node.send(command_to(alice, deposit(1)));
  REQUIRE(eventually(patience, [&] { return old.log.appends.someone_waits(); }));
  old.log.reads_back.release();
  const auto refused = rejected(std::move(looked_up));
  CHECK(refused.code == RejectionCode::unavailable);
  CHECK(refused.reason == unreadable_log);
  old.log.appends.release();
  CHECK(accepted(std::move(appended)).first_version == old.count + 1);

  old.log.spoils = false;
  CHECK(accepted(node.send(old.old("c7"))).first_version == 7);
}

TEST_CASE("a look-up that fails is tried again", "[engine][repeats]") {
  OldAccount old;
  Node node(old.world, {model_of<Bank>()}, {}, nullptr, &old.log);
  old.log.failures = 5;
  CHECK(accepted(node.send(old.old("c7"))).first_version == 7);
  old.log.failures = 1'000'000;
  auto command = old.old("c5", 1);
  command.issued_at -= 1h;
  command.deadline = std::chrono::steady_clock::now() + 50ms;
  CHECK(accepted(node.send(command)).first_version == 5);  // of which the place is known
}

TEST_CASE("a busy instance takes new commands from its memory and looks repeats up",
          "[engine][repeats]") {
  World world;
  const auto now = world.clock.now();
  const std::uint64_t count = kept + 200;
  store_history(world, count, [&](auto) { return now; });
  Node node(world, {model_of<Bank>()}, eager_to_forget());

  CHECK(accepted(node.send(command_to(alice, deposit(1)))).first_version == count + 1);
  const auto repeat = accepted(node.send(command_to(alice, deposit(1), "c7")));
  CHECK(repeat.duplicate);
  CHECK(repeat.first_version == 7);

  REQUIRE(forgotten(node));
  CHECK(accepted(node.send(command_to(alice, deposit(1)))).first_version == count + 2);
  CHECK(accepted(node.send(command_to(alice, deposit(1), "c8"))).duplicate);
  CHECK(rejected(node.send(command_to(alice, deposit(2), "c9"))).code == RejectionCode::conflict);
  CHECK(world.commits(alices).size() == count + 2);
}

TEST_CASE("a place in the log that holds another command is ruled out", "[engine][repeats]") {
  World world;
  const auto now = world.clock.now();
  const auto bank = model_of<Bank>();
  const auto& account = *bank.aggregate("account");
  const auto fingerprint = fingerprint_of(account, "dev");
  const std::uint64_t count = kept + 10;
  store_history(world, count, [&](auto) { return now; });
  Fold fold(account);
  for (const auto& stored : world.commits(alices)) REQUIRE(fold.apply(stored, parsed(stored)));
  auto snapshot = fold.snapshot(fingerprint);
  troupe::v1::Snapshot altered;
  REQUIRE(altered.ParseFromString(snapshot.bytes));
  auto& entries = *altered.mutable_forgotten()->mutable_buckets(0)->mutable_entries();
  REQUIRE(entries.size() == 10 * 8);
  std::swap(entries[6 * 8], entries[7 * 8]);  // the last byte of the places of c7 and c8
  snapshot.bytes = altered.SerializeAsString();
  world.snapshots.put(alices, snapshot);

  WatchedLog log(world.log);
  Node node(world, {model_of<Bank>()}, {}, nullptr, &log);
  CHECK(accepted(node.send(command_to(alice, deposit(1), "c6"))).duplicate);
  CHECK(accepted(node.send(command_to(alice, deposit(1), "c7"))).first_version == count + 1);
  CHECK(log.looks_at == 2);
}

}  // namespace troupe::engine::test
