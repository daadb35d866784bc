// I16: what one reader sees of a view does not go back.
#include <map>
#include <string>
#include <utility>

#include "runtime/check/invariants/invariants.hpp"
#include "runtime/check/run/fault_times.hpp"

namespace troupe::check {

namespace {

std::string name(const ClientEvent& read) {
  return read.what.process + ", view " + read.read.view + " at " + std::to_string(read.at_ns);
}

/// A position is one of the context's stream.
void check_position(const DecodedRun& run, const ClientEvent& event, Report& report) {
  const auto* context = run.context(event.read.view.substr(0, event.read.view.find('/')));
  if (context != nullptr && event.read.position > context->run->last_sequence)
    report.violated("I16",
                    "the view was read at " + std::to_string(event.read.position)
                        + ", its stream ends with " + std::to_string(context->run->last_sequence),
                    name(event));
}

}  // namespace

void check_readers(const DecodedRun& run, Report& report) {
  if (!run.run().history) return report.not_checked("I16", "there is no history of reads");
  const FaultTimes faults(*run.run().history);
  std::map<std::pair<std::string, std::string>, const ClientEvent*> latest;  // reader and view
  for (const auto& event : *run.run().history) {
    if (event.type != ClientEvent::Type::read) continue;
    report.count("reads of views");
    check_position(run, event, report);
    auto& before = latest[{event.what.process, event.read.view}];
    if (before != nullptr && event.read.position < before->read.position
        && !faults.redis_lost(before->at_ns, event.at_ns))
      report.violated("I16",
                      "the view went back from " + std::to_string(before->read.position) + " to "
                          + std::to_string(event.read.position),
                      name(event));
    before = &event;
  }
  if (latest.empty()) report.not_checked("I16", "the history has no reads of views");
}

}  // namespace troupe::check
