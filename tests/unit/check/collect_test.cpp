// A run is collected through the ports, and only once it has come to rest.
#include "runtime/check/run/collect.hpp"

#include <deque>

#include <catch2/catch_all.hpp>

#include "runtime/check/check.hpp"
#include "runtime/memory/memory_event_log.hpp"
#include "runtime/memory/memory_event_streams.hpp"
#include "runtime/memory/memory_view_store.hpp"
#include "tests/unit/check/good_run.hpp"
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// Says what it was told to say, the last of it for ever.
class ScriptedBacklog final : public check::BacklogSource {
public:
  std::deque<check::Backlog> script{{}};
  unsigned asked = 0;

  Result<check::Backlog> backlog(const Token&) override {
    ++asked;
    auto next = script.front();
    if (script.size() > 1) script.pop_front();
    return next;
  }
};

/// Says of streams what the run says.
class Recorded final : public check::StreamRecords {
public:
  explicit Recorded(check::FinishedRun run) : run_(std::move(run)) {}
  Result<check::StreamSummary> facts(const Token& name) override {
    return *context(run_, name.str()).stream;
  }
  Result<std::vector<check::ControlRecord>> control() override { return *run_.control; }

private:
  check::FinishedRun run_;
};

/// Servers in memory that hold what a run left behind.
struct Servers {
  memory::Broker broker;
  memory::MemoryEventLog log{broker};
  memory::MemoryEventStreams streams{broker};
  memory::MemoryViewStore views;
  ScriptedBacklog backlogs;
  Recorded records;
  check::Sources sources{
      .streams = streams, .views = views, .backlogs = backlogs, .records = &records};

  explicit Servers(const check::FinishedRun& run) : records(run) {
    for (const auto& context : run.contexts) {
      std::map<std::string, std::uint64_t> last;
      for (const auto& commit : context.log) {
        log.append(*Subject::parse(commit.subject.str()), last[commit.subject.str()],
                   {commit.bytes}, [](auto) {});
        last[commit.subject.str()] = commit.sequence;
      }
      for (const auto& [name, view] : context.views)
        views.apply({*Token::parse(context.context), *Token::parse(name)}, 0, view.checkpoint,
                    view.rows);
    }
    broker.settle();
  }
};

const auto contexts = check::contexts_to_collect(all_contexts()).value();

std::chrono::steady_clock::time_point in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

}  // namespace

TEST_CASE("a collected run is the run that was left behind", "[check][collect]") {
  const auto run = good_run();
  Servers servers(run);
  REQUIRE(check::wait_until_settled(servers.sources, contexts, in(10s)));
  ShopRun collected;
  static_cast<check::FinishedRun&>(collected) = check::collect(servers.sources, contexts).value();
  CHECK(collected.contexts.size() == run.contexts.size());
  collected.history = run.history;
  collected.gateway = run.gateway;
  collected.mails = run.mails;
  collected.states = run.states;
  collected.processes = run.processes;
  const auto report = check_shop(collected);
  INFO(to_text(report));
  CHECK(report.passed());
  CHECK(report.not_checked().empty());
}

TEST_CASE("a run settles when it is at rest twice in a row", "[check][collect]") {
  Servers servers(good_run());
  const auto ordering = check::contexts_to_collect(all_contexts(), {"ordering"}).value();
  servers.backlogs.script = {{.consumers = {{.name = "c", .pending = 1}}},
                             {},
                             {.timers = {"tmr.ordering.armed.order.o-1.deadline"}},
                             {},
                             {.replicas = {{.name = "nats-b", .current = false, .lag = 3}}},
                             {},
                             {.replicas = {{.name = "nats-b", .current = true}}}};
  CHECK(check::wait_until_settled(servers.sources, ordering, in(10s)));
  CHECK(servers.backlogs.asked == 7);
}

TEST_CASE("a run that does not settle is given up at the deadline, and says why",
          "[check][collect]") {
  Servers servers(good_run());
  servers.backlogs.script = {{.consumers = {{.name = "payments-from-ordering", .pending = 3}}}};
  const auto settled = check::wait_until_settled(servers.sources, contexts, in(150ms));
  REQUIRE_FALSE(settled);
  CHECK_THAT(settled.error().what,
             Catch::Matchers::ContainsSubstring("payments-from-ordering has 3 events pending"));
}

TEST_CASE("a view that lags behind its stream has not settled", "[check][collect]") {
  auto run = good_run();
  --context(run, "inventory").views["stock"].checkpoint;
  Servers servers(run);
  const auto settled = check::wait_until_settled(servers.sources, contexts, in(0ms));
  REQUIRE_FALSE(settled);
  CHECK_THAT(settled.error().what, Catch::Matchers::ContainsSubstring("view stock is at"));
}

TEST_CASE("waiting for rest ends at once when it is to stop", "[check][collect]") {
  Servers servers(good_run());
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(check::wait_until_settled(servers.sources, contexts, in(10min), stop.get_token()));
}

TEST_CASE("a context that this program does not know is refused by name", "[check][collect]") {
  const auto contexts = check::contexts_to_collect(all_contexts(), {"ordering", "shipping"});
  REQUIRE_FALSE(contexts);
  CHECK_THAT(contexts.error().what, Catch::Matchers::ContainsSubstring("'shipping'"));
}
