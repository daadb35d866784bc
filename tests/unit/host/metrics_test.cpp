// The metrics a scraper finds.
#include "runtime/host/metrics.hpp"

#include <catch2/catch_all.hpp>

#include "runtime/memory/manual_clock.hpp"
#include "runtime/ports/condition_kinds.hpp"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
namespace condition = troupe::condition;
using troupe::engine::ContextStats;
using troupe::host::metrics_text;

TEST_CASE("metrics say what each context counts, and what is wrong since when", "[metrics]") {
  const ContextStats ordering{.context = "ordering", .commands = 7, .slots = {1, 2, 3}};
  const ContextStats payments{.context = "payments"};
  const troupe::memory::ManualClock clock(troupe::Time(1'700'000'000s));
  troupe::Conditions conditions(clock);
  conditions.set(condition::leases_not_renewed, "ordering", "", "the leases cannot be renewed");
  conditions.set(condition::log_went_back, "payments", "", "the log went back");
  conditions.set(condition::view_stopped, "payments", "one", "it has stopped");
  conditions.set(condition::view_stopped, "payments", "two", "it has stopped",
                 troupe::Time(1'600'000'000s));
  const auto text = metrics_text("node-1", {{ordering, payments}}, conditions.all(),
                                 {.reply_subjects_refused = 5});
  for (const auto* line :
       {"# TYPE troupe_commands_total counter\n", "troupe_ready{node=\"node-1\"} 0\n",
        "troupe_reply_subjects_refused_total{node=\"node-1\"} 5\n",
        "troupe_commands_total{context=\"ordering\",node=\"node-1\"} 7\n",
        "troupe_slots_owned{context=\"ordering\",node=\"node-1\"} 3\n",
        "troupe_context_ready{context=\"ordering\",node=\"node-1\"} 1\n",
        "troupe_context_ready{context=\"payments\",node=\"node-1\"} 0\n",
        "troupe_condition{code=\"leases_not_renewed\",context=\"ordering\",node=\"node-1\","
        "severity=\"remark\"} 1\n",
        "troupe_condition{code=\"log_went_back\",context=\"payments\",node=\"node-1\","
        "severity=\"unready\"} 1\n",
        "troupe_condition{code=\"view_stopped\",context=\"payments\",node=\"node-1\","
        "severity=\"remark\"} 2\n",
        "troupe_condition_since_timestamp_seconds{code=\"view_stopped\",context=\"payments\","
        "node=\"node-1\",severity=\"remark\"} 1600000000\n"})
    CHECK_THAT(text, ContainsSubstring(line));
}

TEST_CASE("a node that serves says so in its metrics, too", "[metrics]") {
  CHECK_THAT(metrics_text("node-1", {}, {}),
             ContainsSubstring("troupe_ready{node=\"node-1\"} 1\n"));
}

}  // namespace
