// What a leader answers that its replicas do not follow is not believed: on three real servers.
#include <algorithm>
#include <atomic>
#include <future>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/engine/log_guard/stream_watch.hpp"
#include "runtime/memory/memory_high_water_marks.hpp"
#include "runtime/nats/deliveries/jetstream_parked_events.hpp"
#include "runtime/nats/jetstream/streams.hpp"
#include "runtime/nats/log/jetstream_event_log.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "runtime/nats/log/jetstream_inspector.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/nats_cluster.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using engine::StreamWatch;
using Verdict = StreamWatch::Verdict;

namespace {

constexpr auto patience = 30s;
const Token context = *Token::parse("ordering");
const Token consumer = *Token::parse("some-consumer");
const std::string stream = "EVT_ORDERING";
const Subject order = Subject::events({context, *Token::parse("order"), *Token::parse("o-1")});

/// The ports of a node that is connected to the server that leads the log, its control stream and
/// its parked events.
class AtTheLeader {
public:
  AtTheLeader() : first_(cluster_.connect_to(0)) {
    if (!eventually(patience,
                    [&] { return nats::ensure_streams(*first_, context, 3).has_value(); }))
      throw std::runtime_error("the streams are not created");
    leader_ = cluster_.leader_of(stream);
    for (const std::string& other : {std::string(control_stream), std::string("DLQ_ORDERING")})
      if (!eventually(patience, [&] { return give_to_leader(other); }))
        throw std::runtime_error(other + " is not led where it should be");
    connection_ = cluster_.connect_to(leader_);
    leaders_ = std::make_unique<nats::StreamLeaders>(*connection_);
    log_ = std::make_unique<nats::JetStreamEventLog>(*connection_, *leaders_);
    streams_ = std::make_unique<nats::JetStreamEventStreams>(*leaders_);
    parked_ = std::make_unique<nats::JetStreamParkedEvents>(*leaders_);
    inspector_ = std::make_unique<nats::JetStreamInspector>(
        *leaders_, std::vector<nats::Connection*>{connection_.get()});
  }

  NatsCluster& cluster() { return cluster_; }
  std::size_t leader() const { return leader_; }
  StreamInspector& inspector() { return *inspector_; }
  ParkedEvents& parked() { return *parked_; }
  EventStreams& streams() { return *streams_; }
  StreamWatch watch() { return {{*inspector_, high_water_marks_, clock_, node_}, context, stream}; }

  AppendResult append(std::uint64_t expected) {
    std::promise<AppendResult> done;
    log_->append(order, expected, {"commit"},
                 [&](AppendResult result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
  Result<std::vector<StoredCommit>> load() {
    std::promise<Result<std::vector<StoredCommit>>> done;
    log_->load(order, 0, [&](auto commits) { done.set_value(std::move(commits)); });
    return done.get_future().get();
  }

private:
  /// Lets a stream's leader step down until it is led by the same server as the log.
  bool give_to_leader(const std::string& name) {
    if (cluster_.leader_of(name) == leader_) return true;
    (void)nats::ask_api_and_wait(
        *first_, "STREAM.LEADER.STEPDOWN." + name,
        {{"placement", {{"preferred", "nats-" + std::to_string(leader_)}}}});
    return false;
  }

  NatsCluster cluster_;
  const std::unique_ptr<nats::Connection> first_;
  std::size_t leader_ = 0;
  std::unique_ptr<nats::Connection> connection_;
  std::unique_ptr<nats::StreamLeaders> leaders_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<EventStreams> streams_;
  std::unique_ptr<ParkedEvents> parked_;
  std::unique_ptr<StreamInspector> inspector_;
  memory::MemoryHighWaterMarks high_water_marks_;
  SystemClock clock_;
  const std::string node_ = "node-1";
};

}  // namespace

TEST_CASE("what a leader says that its replicas do not follow any more is not believed",
          "[contract][stream_leaders]") {
  AtTheLeader node;
  REQUIRE(node.append(0).outcome == AppendResult::Outcome::acknowledged);
  REQUIRE(node.load().value().size() == 1);
  REQUIRE(node.parked().sources(context, consumer));
  REQUIRE(node.inspector().reachable(stream));
  auto watch = node.watch();
  REQUIRE(eventually(patience, [&] { return watch.look(0).verdict == Verdict::fine; }));

  node.cluster().pause_all_but(node.leader());
  // It leads as before, for all it knows, and answers.
  CHECK(eventually(patience, [&] { return !node.load(); }));
  CHECK(node.load().error().retryable);
  CHECK_FALSE(node.streams().last_sequence(context));
  CHECK_FALSE(node.inspector().facts(stream));
  CHECK_FALSE(node.inspector().hash_at(stream, 1));
  CHECK(eventually(patience, [&] { return !node.inspector().accepted(stream); }));
  CHECK_FALSE(node.parked().sources(context, consumer));
  CHECK_FALSE(node.inspector().reachable(stream));
  // Nor does it make an alarm that it should have more.
  for (int i = 0; i < 5; ++i) CHECK(watch.look(7).verdict == Verdict::unsure);

  node.cluster().resume();
  CHECK(eventually(patience, [&] { return node.load().has_value(); }));
  CHECK(eventually(patience, [&] { return watch.look(0).verdict == Verdict::fine; }));
}

TEST_CASE("connections that try the servers in one order go to one of them, also when it is lost",
          "[contract][connection]") {
  NatsCluster cluster;
  const auto urls =
      cluster.server(2).url() + "," + cluster.server(0).url() + "," + cluster.server(1).url();
  constexpr int count = 4;
  std::atomic<int> losses{0};
  std::vector<std::unique_ptr<nats::Connection>> connections;
  std::vector<std::shared_ptr<void>> watching;
  for (int i = 0; i < count; ++i) {
    auto opened = nats::Connection::open({.url = urls, .name = "test", .in_order = true});
    REQUIRE(opened);
    connections.push_back(std::move(*opened));
    watching.push_back(
        connections.back()->watch([&](bool connected) { losses += connected ? 0 : 1; }));
  }
  for (const std::size_t server : {2U, 0U}) {
    losses = 0;
    cluster.server(server).kill_hard();
    CHECK(eventually(patience, [&] {
      return losses == count
             && std::ranges::all_of(connections, [](const auto& one) { return one->connected(); });
    }));
  }
  watching.clear();
}

TEST_CASE("one of three servers may be down, and reads count", "[contract][stream_leaders]") {
  AtTheLeader node;
  REQUIRE(node.append(0).outcome == AppendResult::Outcome::acknowledged);
  node.cluster().server((node.leader() + 1) % NatsCluster::servers).kill_hard();
  for (int i = 0; i < 3; ++i) {
    const auto loaded = node.load();
    REQUIRE(loaded);
    CHECK(loaded->size() == 1);
  }
}

TEST_CASE("a stream that changes its leader can be read again", "[contract][stream_leaders]") {
  AtTheLeader node;
  REQUIRE(node.append(0).outcome == AppendResult::Outcome::acknowledged);
  REQUIRE(node.load());
  const auto connection = node.cluster().connect_to(0);
  REQUIRE(nats::ask_api_and_wait(*connection, "STREAM.LEADER.STEPDOWN." + stream, {}));
  Result<std::vector<StoredCommit>> loaded;
  CHECK(eventually(patience, [&] { return (loaded = node.load()).has_value(); }));
  CHECK(loaded.value().size() == 1);
}
