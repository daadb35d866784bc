// What decisions to skip a message promise, in memory and in stream CTL.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/ports/identity.hpp"
#include "runtime/ports/stored_subject.hpp"
#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// Remembers what it hears about one stream.
class Listener final : public SkipHandler {
public:
  explicit Listener(std::string stream) : stream_(std::move(stream)) {}

  void decided(const Skip& skip) override {
    const std::lock_guard lock(mutex_);
    if (skip.stream == stream_) heard_.push_back(skip);
    changed_.notify_all();
  }
  void caught_up() override {
    const std::lock_guard lock(mutex_);
    caught_up_ = true;
    changed_.notify_all();
  }

  bool wait_until_caught_up() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [this] { return caught_up_; });
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return heard_.size() >= count; });
  }
  std::vector<Skip> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

private:
  const std::string stream_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Skip> heard_;
  bool caught_up_ = false;
};

std::string stream_of(const Token& context) { return stream_name(StreamKind::events, context); }

Skip skip_of(const std::string& stream, std::uint64_t sequence, const std::string& reason) {
  return {.stream = stream,
          .sequence = sequence,
          .hash = sha256("x"),
          .cause = "it is no commit",
          .reason = reason,
          .decided_by = "an operator",
          .decided_at = SystemClock{}.now()};
}

}  // namespace

TEMPLATE_TEST_CASE("skips: a decision is kept as it was made", "[contract][skips]", InMemory,
                   OnJetStream) {
  TestType backend;
  const auto stream = stream_of(backend.context());
  CHECK(or_throw(backend.skips().list(stream)).empty());
  const auto made = skip_of(stream, 12, "gr\u00fcner Tee\nund mehr");
  or_throw(backend.skips().record(made));
  const auto listed = or_throw(backend.skips().list(stream));
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].stream == stream);
  CHECK(listed[0].sequence == 12);
  CHECK(listed[0].hash == made.hash);
  CHECK(listed[0].cause == made.cause);
  CHECK(listed[0].reason == made.reason);
  CHECK(listed[0].decided_by == made.decided_by);
  CHECK(listed[0].decided_at == made.decided_at);
  CHECK(or_throw(backend.skips().list(stream + "_OTHER")).empty());
}

TEMPLATE_TEST_CASE("skips: the last decision about a message counts", "[contract][skips]", InMemory,
                   OnJetStream) {
  TestType backend;
  const auto stream = stream_of(backend.context());
  or_throw(backend.skips().record(skip_of(stream, 100, "first")));
  or_throw(backend.skips().record(skip_of(stream, 2, "another")));
  or_throw(backend.skips().record(skip_of(stream, 100, "second")));
  const auto listed = or_throw(backend.skips().list(stream));
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].sequence == 2);
  CHECK(listed[1].reason == "second");
}

TEMPLATE_TEST_CASE("skips: who follows hears what was decided before and what is decided later",
                   "[contract][skips]", InMemory, OnJetStream) {
  TestType backend;
  const auto stream = stream_of(backend.context());
  or_throw(backend.skips().record(skip_of(stream, 1, "before")));
  Listener listener(stream);
  {
    const auto following = backend.skips().follow(listener);
    REQUIRE(listener.wait_until_caught_up());
    REQUIRE(listener.heard().size() == 1);
    CHECK(listener.heard()[0].reason == "before");
    or_throw(backend.skips().record(skip_of(stream, 2, "later")));
    REQUIRE(listener.wait_for(2));
    CHECK(listener.heard()[1].sequence == 2);
  }
  or_throw(backend.skips().record(skip_of(stream, 3, "too late")));
  CHECK(listener.heard().size() == 2);
}

TEST_CASE("skips on JetStream: what is no decision is passed over", "[contract][skips]") {
  OnJetStream backend;
  const auto stream = stream_of(backend.context());
  backend.write("ctl.skip." + stream + ".7", "\xff");
  backend.write("ctl.skip." + stream + ".seven", "");
  or_throw(backend.skips().record(skip_of(stream, 8, "a decision")));
  CHECK(or_throw(backend.skips().list(stream)).size() == 1);
  Listener listener(stream);
  const auto following = backend.skips().follow(listener);
  REQUIRE(listener.wait_until_caught_up());
  CHECK(listener.heard().size() == 1);
}

TEST_CASE("skips on JetStream: who follows hears of all after the server was killed",
          "[contract][skips]") {
  auto& server = OnJetStream::shared_server();
  OnJetStream backend;
  const auto stream = stream_of(backend.context());
  Listener listener(stream);
  const auto following = backend.skips().follow(listener);
  REQUIRE(listener.wait_until_caught_up());
  server->kill_hard();
  or_throw(server->restart());
  backend.wait_until_connected();
  or_throw(backend.skips().record(skip_of(stream, 5, "after it")));
  CHECK(listener.wait_for(1));
}
