// The metrics a scraper finds.
#include "runtime/host/metrics.hpp"

#include <catch2/catch_all.hpp>

namespace {

using Catch::Matchers::ContainsSubstring;
using troupe::engine::ContextStats;
using troupe::host::metrics_text;

TEST_CASE("metrics say what each context counts, and whether its leases are renewed", "[metrics]") {
  ContextStats sound{.context = "ordering", .commands = 7, .slots = {1, 2, 3}};
  ContextStats alone{.context = "payments",
                     .remark = "the leases cannot be renewed",
                     .alarms = {"the log went back"}};
  const auto text = metrics_text("node-1", true, {{sound, alone}});
  for (const auto* line :
       {"# TYPE troupe_commands_total counter\n", "troupe_ready{node=\"node-1\"} 1\n",
        "troupe_commands_total{context=\"ordering\",node=\"node-1\"} 7\n",
        "troupe_slots_owned{context=\"ordering\",node=\"node-1\"} 3\n",
        "troupe_leases_renewed{context=\"ordering\",node=\"node-1\"} 1\n",
        "troupe_leases_renewed{context=\"payments\",node=\"node-1\"} 0\n",
        "troupe_context_ready{context=\"ordering\",node=\"node-1\"} 1\n",
        "troupe_context_ready{context=\"payments\",node=\"node-1\"} 0\n",
        "troupe_alarms{context=\"payments\",node=\"node-1\"} 1\n"})
    CHECK_THAT(text, ContainsSubstring(line));
}

TEST_CASE("a node that does not serve says so in its metrics, too", "[metrics]") {
  CHECK_THAT(metrics_text("node-1", false, {}),
             ContainsSubstring("troupe_ready{node=\"node-1\"} 0\n"));
}

}  // namespace
