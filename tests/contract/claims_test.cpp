// What claims promise, in memory and in JetStream.
#include <chrono>
#include <future>
#include <map>
#include <mutex>

#include <catch2/catch_all.hpp>

#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;

/// Remembers the last claim it heard of each slot.
class Listener final : public ClaimHandler {
public:
  void claimed(const Claim& claim) override {
    const std::lock_guard lock(mutex_);
    last_[claim.slot] = claim;
    ++heard_;
  }
  void caught_up() override {
    const std::lock_guard lock(mutex_);
    ++caught_up_;
  }

  std::string holder(std::uint32_t slot) const {
    const std::lock_guard lock(mutex_);
    const auto found = last_.find(slot);
    return found == last_.end() ? "none" : found->second.holder;
  }
  std::uint64_t epoch(std::uint32_t slot) const {
    const std::lock_guard lock(mutex_);
    return last_.at(slot).epoch;
  }
  int heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  int times_caught_up() const {
    const std::lock_guard lock(mutex_);
    return caught_up_;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, Claim> last_;
  int heard_ = 0;
  int caught_up_ = 0;
};

Result<std::uint64_t> record(Claims& claims, const Token& context, std::uint32_t slot,
                             const std::string& holder, std::uint64_t after) {
  std::promise<Result<std::uint64_t>> promise;
  claims.record(context, {.slot = slot, .epoch = 0, .holder = holder, .handed_over_by = {}}, after,
                [&](auto recorded) { promise.set_value(std::move(recorded)); });
  return promise.get_future().get();
}

}  // namespace

TEMPLATE_TEST_CASE("claims: of two for one slot one wins, and epochs grow", "[contract][claims]",
                   InMemory, OnJetStream) {
  TestType backend;
  auto& claims = backend.claims();
  const auto first = record(claims, backend.context(), 3, "n1|a", 0);
  REQUIRE(first);
  const auto late = record(claims, backend.context(), 3, "n2|b", 0);
  REQUIRE_FALSE(late);
  CHECK_FALSE(late.error().retryable);
  const auto second = record(claims, backend.context(), 3, "n2|b", *first);
  REQUIRE(second);
  CHECK(*second > *first);
  CHECK(record(claims, backend.context(), 4, "n2|b", 0));
}

TEMPLATE_TEST_CASE("claims: whoever follows hears what was, and then what comes",
                   "[contract][claims]", InMemory, OnJetStream) {
  TestType backend;
  auto& claims = backend.claims();
  const auto first = record(claims, backend.context(), 1, "n1|a", 0).value();
  const auto second = record(claims, backend.context(), 1, "n2|b", first).value();
  REQUIRE(record(claims, backend.context(), 2, "n1|a", 0));
  Listener listener;
  const auto following = claims.follow(backend.context(), listener);
  REQUIRE(eventually(patience, [&] { return listener.times_caught_up() > 0; }));
  CHECK(listener.holder(1) == "n2|b");
  CHECK(listener.epoch(1) == second);
  CHECK(listener.holder(2) == "n1|a");
  CHECK(listener.heard() == 2);

  REQUIRE(record(claims, backend.context(), 1, "", second));
  CHECK(eventually(patience, [&] { return listener.holder(1).empty(); }));
}

TEMPLATE_TEST_CASE("claims: where nothing was claimed one has caught up at once",
                   "[contract][claims]", InMemory, OnJetStream) {
  TestType backend;
  Listener listener;
  const auto following = backend.claims().follow(backend.context(), listener);
  CHECK(eventually(patience, [&] { return listener.times_caught_up() > 0; }));
  CHECK(listener.heard() == 0);
}

TEMPLATE_TEST_CASE("claims: the first who asks decides the number of slots", "[contract][claims]",
                   InMemory, OnJetStream) {
  TestType backend;
  const auto agreed = backend.claims().agree_on_slots(64);
  REQUIRE(agreed);
  CHECK(backend.claims().agree_on_slots(*agreed + 1) == *agreed);
}

TEST_CASE("claims: a restart of the server is followed through", "[contract][claims]") {
  NatsServer server;
  const auto connection = server.connect();
  const auto context = Token::parse("ordering").value();
  or_throw(nats::ensure_streams(*connection, context, 1));
  nats::JetStreamClaims claims(*connection, nats::new_system("node-1"));
  Listener listener;
  const auto following = claims.follow(context, listener);
  const auto first = record(claims, context, 1, "n1|a", 0).value();
  REQUIRE(eventually(patience, [&] { return listener.holder(1) == "n1|a"; }));

  server->kill_hard();
  REQUIRE(server->restart());
  REQUIRE(eventually(patience, [&] { return connection->connected(); }));
  const auto second = [&] {
    Result<std::uint64_t> recorded = retryable("not yet");
    REQUIRE(eventually(patience, [&] {
      recorded = record(claims, context, 1, "n2|b", first);
      return recorded.has_value();
    }));
    return *recorded;
  }();
  CHECK(second > first);
  CHECK(eventually(patience, [&] { return listener.holder(1) == "n2|b"; }));
}
