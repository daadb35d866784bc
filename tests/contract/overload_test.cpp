// More comes in than can be handled: what is answered, what is not, and what it costs.
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <unistd.h>

#include <catch2/catch_all.hpp>

#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "tests/contract/ingress_bench.hpp"
#include "tests/support/eventually.hpp"
#include "tools/figures/cpu_time.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Kind = nats::ClientReply::Kind;
namespace header = nats::header;

namespace {

/// Holds the thread that reads commands, from its first command on.
class Held {
public:
  explicit Held(IngressBench& bench) : bench_(bench) {
    bench_.bus.meanwhile = [this] {
      if (!began_.exchange(true)) released_.wait();
    };
    publish(protobuf_body());
    REQUIRE(bench_.bus.wait_for_commands(1));
  }
  ~Held() { release(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  void publish(std::string_view body) const {
    REQUIRE(bench_.client().publish(bench_.command_subject(place), {}, body));
  }
  void release() {
    if (!std::exchange(is_released_, true)) release_.set_value();
  }

private:
  IngressBench& bench_;
  std::atomic<bool> began_{false};
  bool is_released_ = false;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
};

/// Answers to requests that were sent without waiting, by their code; 0 for those without.
class Codes {
public:
  void send(IngressBench& bench, const std::string& subject, const nats::Headers& headers,
            std::string_view body, std::chrono::milliseconds patience = 10s) {
    {
      const std::lock_guard lock(state_->mutex);
      ++state_->open;
    }
    bench.client().request(
        subject, headers, body, patience, [state = state_](const nats::Reply& reply) {
          const auto read = nats::read_client_reply(reply);
          const std::lock_guard lock(state->mutex);
          ++state->codes[reply.status == nats::Reply::Status::answered ? read.code : 0];
          --state->open;
          state->changed.notify_all();
        });
  }
  std::map<int, int> all() {
    std::unique_lock lock(state_->mutex);
    REQUIRE(state_->changed.wait_for(lock, 30s, [&] { return state_->open == 0; }));
    return state_->codes;
  }

private:
  /// Outlives a test that ends before its answers have come.
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    int open = 0;
    std::map<int, int> codes;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

constexpr const char* unreadable = "{";

}  // namespace

TEST_CASE("overload: over the bound of commands in flight the answer is 429, unread",
          "[contract][overload]") {
  IngressBench bench(2);
  bench.bus.holds = true;
  for (int i = 0; i < 2; ++i)
    REQUIRE(bench.client().publish(bench.command_subject(place), {}, protobuf_body()));
  REQUIRE(bench.bus.wait_for_commands(2));
  const auto refused = bench.request(bench.command_subject(place), {}, protobuf_body());
  CHECK(refused.kind == Kind::rejected);
  CHECK(refused.code == 429);
  CHECK(refused.node == "node-1");
  CHECK(bench.request(bench.command_subject(place), {}, unreadable).code == 429);
  CHECK(bench.request(bench.command_subject("no.such.Thing"), {}, "").code == 429);
  CHECK(bench.bus.commands().size() == 2);
  CHECK(bench.ingress().overload(bench.context).refused == 3);

  bench.bus.query_outcome = {404, "order.unknown", nullptr, {}};
  CHECK(bench.request(bench.query_subject("OrderStatus"), {}, protobuf_body()).code == 404);

  bench.bus.holds = false;
  bench.bus.answer_held();
  require_works(bench);
}

TEST_CASE("overload: over the bound of queries in flight the answer is 429, unread",
          "[contract][overload]") {
  IngressBench bench(2);
  bench.bus.holds_queries = true;
  for (int i = 0; i < 2; ++i)
    REQUIRE(bench.client().publish(bench.query_subject("OrderStatus"), {}, protobuf_body()));
  REQUIRE(bench.bus.wait_for_queries(2));
  CHECK(bench.request(bench.query_subject("OrderStatus"), {}, unreadable).code == 429);
  require_works(bench);
  bench.bus.answer_held();
}

TEST_CASE("overload: commands in flight are bounded by their bytes, too", "[contract][overload]") {
  IngressBench bench;
  bench.bus.holds = true;
  v1::CommandReply large;
  large.set_stream(std::string(200'000, 'x'));
  const auto body = large.SerializeAsString();
  constexpr std::size_t fit = nats::CommandIngress::in_flight_bytes_max / 200'000;
  Codes codes;
  // In small groups: what waits to be read has a bound of its own.
  constexpr std::size_t together = 16;
  for (std::size_t sent = 0; sent < 2 * fit;) {
    for (std::size_t i = 0; i < together; ++i)
      codes.send(bench, bench.command_subject(place), {}, body);
    sent += together;
    REQUIRE(eventually(10s, [&] {
      return bench.bus.commands().size() + bench.ingress().overload(bench.context).refused == sent;
    }));
  }
  CHECK(bench.bus.commands().size() <= fit);
  CHECK(bench.bus.commands().size() > fit / 2);
  bench.bus.answer_held();
  CHECK(codes.all().at(429) >= static_cast<int>(fit));
}

TEST_CASE("overload: a command's deadline counts from when it came in", "[contract][overload]") {
  IngressBench bench;
  Held held(bench);
  REQUIRE(bench.client().publish(bench.command_subject(place), {{header::deadline, "3000"}},
                                 protobuf_body()));
  // Within the age up to which all are handled; the connection looks every quarter of a second.
  REQUIRE_FALSE(bench.bus.wait_for_commands_within(2, 450ms));
  const auto handled = std::chrono::steady_clock::now();
  held.release();
  REQUIRE(bench.bus.wait_for_commands(2));
  CHECK(bench.bus.commands().back().deadline < handled + 3s);
}

TEST_CASE("overload: what waited too long before it could be read is refused unread",
          "[contract][overload]") {
  IngressBench bench;
  Held held(bench);
  constexpr int waiting = 400;
  Codes codes;
  for (int i = 0; i < waiting; ++i) codes.send(bench, bench.command_subject(place), {}, unreadable);
  REQUIRE_FALSE(bench.bus.wait_for_commands_within(2, 1'500ms));
  held.release();
  // The first are read, before it is known who sends most.
  const auto answers = codes.all();
  const auto count = [&](int code) { return answers.contains(code) ? answers.at(code) : 0; };
  CHECK(count(429) > waiting / 2);
  CHECK(count(429) + count(400) == waiting);
  CHECK(bench.ingress().overload(bench.context).refused == static_cast<std::uint64_t>(count(429)));
  CHECK_THAT(bench.conditions().sentence(condition::overloaded, bench.context, "commands"),
             Catch::Matchers::ContainsSubstring(bench.context));
  require_works(bench);
}

TEST_CASE("overload: what waits before it can be read is bounded and the rest is counted",
          "[contract][overload]") {
  IngressBench bench;
  const auto body = std::string(1'000, 'x');
  constexpr std::size_t sent = 60'000;
  const auto before = tool::resident_bytes(getpid());
  Held held(bench);
  for (std::size_t i = 0; i < sent; ++i) {
    held.publish(body);
    if (i % 1'000 == 0) REQUIRE(bench.client().flush(10s));
  }
  REQUIRE(bench.client().flush(10s));
  // What the server has sent on before this has come in, too.
  REQUIRE(bench.raw_request("$SRV.PING." + bench.context, {}, "").status
          == nats::Reply::Status::answered);
  const auto after = tool::resident_bytes(getpid());
  CHECK((after > before ? after - before : 0) < 40'000'000);
  held.release();
  CHECK(eventually(10s, [&] {
    return bench.request(bench.command_subject(place), {}, protobuf_body()).kind
           == nats::ClientReply::Kind::accepted;
  }));
  // Nobody waited for an answer.
  CHECK(eventually(10s, [&] {
    return bench.ingress().overload(bench.context).dropped + bench.bus.commands().size() > sent / 2;
  }));
}

TEST_CASE("overload: an honest client is handled while another sends as fast as it can",
          "[contract][overload]") {
  IngressBench bench;
  Held held(bench);
  // More than may wait.
  for (int i = 0; i < 12'000; ++i)
    REQUIRE(bench.client().publish(bench.command_subject(place), {}, protobuf_body(),
                                   "_INBOX.hostile." + std::to_string(i)));
  REQUIRE(bench.client().flush(10s));
  Codes codes;
  for (int i = 0; i < 20; ++i) codes.send(bench, bench.command_subject(place), {}, protobuf_body());
  REQUIRE(bench.client().flush(10s));
  held.release();
  CHECK(codes.all() == std::map<int, int>{{200, 20}});
}

TEST_CASE("overload: a slot's subject answers that nobody knows, as another node may have it",
          "[contract][overload]") {
  IngressBench bench(1);
  const Instance instance{*Token::parse(bench.context), *Token::parse("order"),
                          *Token::parse("o-1")};
  const auto slot = slot_of(instance, slots_default);
  REQUIRE(bench.ingress().open(instance.context, slot));
  bench.bus.holds = true;
  REQUIRE(bench.client().publish(bench.command_subject(place), {}, protobuf_body()));
  REQUIRE(bench.bus.wait_for_commands(1));
  const auto subject =
      "slot." + bench.context + "." + std::to_string(slot) + "." + bench.command_subject(place);
  const auto refused = bench.request(subject, {}, protobuf_body());
  CHECK(refused.kind == Kind::unknown);
  CHECK(refused.code == 504);
  bench.bus.answer_held();
}

TEST_CASE("overload: questions to the services API are answered so often and no more",
          "[contract][overload]") {
  IngressBench bench;
  constexpr int asked = 2'000;
  std::atomic<int> answers{0};
  std::atomic<int> open{asked};
  for (int i = 0; i < asked; ++i)
    bench.client().request("$SRV.STATS." + bench.context, {}, "", 1s, [&](const auto& reply) {
      if (reply.status == nats::Reply::Status::answered) ++answers;
      --open;
    });
  REQUIRE(eventually(20s, [&] { return open == 0; }));
  CHECK(answers >= static_cast<int>(nats::Services::answered_per_second_max));
  CHECK(answers <= 3 * static_cast<int>(nats::Services::answered_per_second_max));
  CHECK(eventually(5s, [&] {
    return bench.raw_request("$SRV.PING." + bench.context, {}, "").status
           == nats::Reply::Status::answered;
  }));
  require_works(bench);
}
