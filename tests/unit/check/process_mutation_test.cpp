// Processes that do not give back what they took are caught.
#include "tests/unit/check/mutants.hpp"

using namespace troupe;
using namespace troupe::test;
using check::FinishedRun;

namespace {

check::ProcessSample& last_sample(FinishedRun& run, const std::string& process) {
  return *std::ranges::find(run.processes->rbegin(), run.processes->rend(), process,
                            &check::ProcessSample::process);
}

const std::vector<Mutation> process_mutations{
    {"a node has more threads than before", "I21",
     [](auto& run) { last_sample(run, "node-1").threads += 15; }},
    {"a server keeps descriptors", "I21", [](auto& run) { last_sample(run, "nats-1").fds += 30; }},
    {"a node keeps 100 MB", "I21", [](auto& run) { last_sample(run, "node-2").rss_kb += 100'000; }},
    {"a NATS server keeps 100 MB", "I21",
     [](auto& run) { last_sample(run, "nats-1").rss_kb += 100'000; }},
    {"Redis keeps 100 MB", "I21", [](auto& run) { last_sample(run, "redis").rss_kb += 100'000; }},
    {"a process is gone in the end", "I21", [](auto& run) { run.processes->pop_back(); }},
};

}  // namespace

TEST_CASE("processes that do not give back what they took are caught", "[check][mutation]") {
  for (const auto& mutation : process_mutations) check_caught(mutation);
}

TEST_CASE("a node may hold more memory when it holds more instances", "[check][I21]") {
  const auto report = spoilt([](auto& run) {
    auto& node = last_sample(run, "node-1");
    node.rss_kb += 100'000;
    *node.instances += 12'500;
  });
  INFO(to_text(report));
  CHECK(report.passed());
}

TEST_CASE("a process may come and go between the first look and the last", "[check][I21]") {
  const auto report = spoilt([](auto& run) {
    auto& last = last_sample(run, "node-1");
    last.pid += 1;
    last.threads -= 50;
  });
  INFO(to_text(report));
  CHECK(report.passed());
}

TEST_CASE("processes that were looked at once are not checked", "[check][I21]") {
  const auto report = spoilt([](auto& run) { run.processes->resize(4); });
  CHECK(report.passed());
  CHECK(is_not_checked(report, "I21"));
}
