// Questions that cannot be answered yet are bounded, and cost others nothing.
#include <limits>

#include <catch2/catch_all.hpp>

#include "runtime/engine/views/queries.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using google::protobuf::StringValue;

const auto alice = instance("example", "account", "alice");
constexpr std::uint64_t far_off = 1'000'000;
constexpr int hostile = 1'100;

ContextModel other_bank() {
  auto model = model_of<Bank>();
  model.name = "other";
  model.aggregates.clear();  // their events are of another context's package
  for (auto& view : model.views) view.events.clear();
  return model;
}

QueryCall balance(std::string_view context, std::optional<Position> at_least = {}) {
  auto question = std::make_shared<StringValue>();
  question->set_value("alice");
  return {.context = *Token::parse(context),
          .query = "StringValue",
          .question = std::move(question),
          .at_least = std::move(at_least),
          .deadline = std::chrono::steady_clock::now() + patience};
}

bool answered(const std::future<QueryOutcome>& future) {
  return future.wait_for(0s) == std::future_status::ready;
}

}  // namespace

TEST_CASE("queries: what is far off keeps out nobody who asks for what was written",
          "[engine][queries]") {
  World world;
  Node node(world, {model_of<Bank>(), other_bank()});
  const auto first = accepted(node.send(command_to(alice, deposit(1))));
  REQUIRE(get(node.ask(balance("example", Position{first.stream, first.sequence}))).code == 200);

  std::vector<std::future<QueryOutcome>> waiting;
  for (int i = 0; i < hostile; ++i)
    waiting.push_back(node.ask(balance("example", Position{"EVT_EXAMPLE", far_off})));
  const auto refused = std::ranges::count_if(waiting, answered);
  CHECK(refused == hostile - 256);
  for (auto& one : waiting)
    if (answered(one)) CHECK(get(std::move(one)).code == 429);

  for (int i = 0; i < 20; ++i) {
    const auto written = accepted(node.send(command_to(alice, deposit(1))));
    CHECK(get(node.ask(balance("example", Position{written.stream, written.sequence}))).code
          == 200);
  }
  CHECK(get(node.ask(balance("example"))).code == 200);
  CHECK(get(node.ask(balance("other"))).code == 404);
}

TEST_CASE("queries: a place that the log cannot have yet is answered at once",
          "[engine][queries]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(1))));
  const auto impossible = GENERATE(std::uint64_t{20'000'000}, std::uint64_t{1} << 53,
                                   std::numeric_limits<std::uint64_t>::max());
  auto question = balance("example", Position{"EVT_EXAMPLE", impossible});
  question.deadline = std::chrono::steady_clock::now() + 1h;
  const auto outcome = get(node.ask(question));
  CHECK(outcome.code == 400);
  CHECK_THAT(outcome.text, Catch::Matchers::ContainsSubstring(std::to_string(impossible)));
}

TEST_CASE("queries: of those who wait the one that waits for most gives way", "[engine][queries]") {
  ViewPositions positions(1, 2);
  std::vector<std::pair<int, ViewPositions::Waited>> done;
  const auto wait_for = [&](int position) {
    positions.when(static_cast<std::uint64_t>(position), std::chrono::steady_clock::now() + 1h,
                   [&, position](auto how) { done.emplace_back(position, how); });
  };
  using Waited = ViewPositions::Waited;
  using Done = std::vector<std::pair<int, Waited>>;
  wait_for(30);
  wait_for(10);
  CHECK(done.empty());
  wait_for(20);
  CHECK(done == Done{{30, Waited::crowded_out}});
  wait_for(40);
  CHECK(done == Done{{30, Waited::crowded_out}, {40, Waited::crowded_out}});
  positions.moved(0, 15);
  positions.expire(std::chrono::steady_clock::time_point::max());
  CHECK(done
        == Done{{30, Waited::crowded_out},
                {40, Waited::crowded_out},
                {10, Waited::reached},
                {20, Waited::too_long}});
}

TEST_CASE("queries: whoever waits is answered when the node stops", "[engine][queries]") {
  World world;
  std::vector<std::future<QueryOutcome>> waiting;
  {
    Node node(world, {model_of<Bank>()});
    for (int i = 0; i < 100; ++i)
      waiting.push_back(node.ask(balance("example", Position{"EVT_EXAMPLE", far_off})));
  }
  for (auto& one : waiting) CHECK(get(std::move(one)).code == 503);
}

}  // namespace troupe::engine::test
