// I9 and I19: who wrote, under which claim, and whether two did at a time.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/check/invariants/invariants.hpp"
#include "runtime/check/run/control_log.hpp"
#include "runtime/check/run/fault_times.hpp"

namespace troupe::check {

namespace {

struct Writer {
  std::uint64_t epoch = 0;
  const DecodedCommit* commit = nullptr;
};

/// Why the commit's writer was not allowed to write, or nothing.
std::optional<std::string> objection(const DecodedCommit& commit, const ControlLog& control,
                                     const ControlLog::Slot& slot) {
  const auto& envelope = commit.envelope;
  const auto* claim = control.claim(slot, envelope.epoch());
  const auto who = "node " + envelope.node() + " wrote under epoch "
                   + std::to_string(envelope.epoch()) + " of slot " + std::to_string(slot.second);
  if (claim == nullptr) return who + ", which nobody claimed";
  if (claim->node().empty()) return who + ", which is the slot's release";
  if (claim->node() != envelope.node()) return who + ", which " + claim->node() + " had claimed";
  return std::nullopt;
}

/// Follows the epochs of slots and instances along a context's stream.
class Writers {
public:
  Writers(const ControlLog& control, Report& report) : control_(control), report_(report) {}

  void read(const DecodedCommit& commit) {
    if (commit.envelope.epoch() == 0) {
      ++without_epoch;
      return;
    }
    const ControlLog::Slot slot{commit.instance.context.str(),
                                slot_of(commit.instance, control_.slots)};
    if (const auto why = objection(commit, control_, slot))
      report_.violated("I9", *why, place(*commit.stored));
    auto& in_instance = instances_[commit.subject()];
    if (commit.envelope.epoch() < in_instance) report_.count("late writers");
    in_instance = std::max(in_instance, commit.envelope.epoch());
    auto& in_slot = slots_[slot];
    if (commit.envelope.epoch() < in_slot.epoch)
      overlaps.push_back({.late = &commit, .newer = in_slot.commit});
    else
      in_slot = {.epoch = commit.envelope.epoch(), .commit = &commit};
  }

  /// A commit that stands behind one of a later owner of its slot.
  struct Overlap {
    const DecodedCommit* late = nullptr;
    const DecodedCommit* newer = nullptr;
  };
  std::vector<Overlap> overlaps;
  std::uint64_t without_epoch = 0;

private:
  const ControlLog& control_;
  Report& report_;
  std::map<std::string_view, std::uint64_t> instances_;
  std::map<ControlLog::Slot, Writer> slots_;
};

/// Overlaps are allowed where a fault explains them: the log has decided between the writers.
void check_overlaps(const DecodedRun& run, const Writers& writers, const ToldByCommand& all,
                    Report& report) {
  report.count("overlaps of ownership", writers.overlaps.size());
  if (writers.overlaps.empty()) return;
  const auto& history = run.run().history;
  const auto faults = history ? FaultTimes(*history) : FaultTimes({});
  const auto offset = clients_clock_offset(run, all);
  if (!faults.recorded() || !offset)
    return report.not_checked(
        "I19", std::to_string(writers.overlaps.size())
                   + " commits stand behind a later owner's, such as "
                   + place(*writers.overlaps.front().late->stored)
                   + (faults.recorded() ? ", and clocks that do not fit together do not tell when"
                                        : ", and there is no record of faults to explain them"));
  for (const auto& [late, newer] : writers.overlaps) {
    const auto time = late->time().time_since_epoch() + *offset;
    if (!faults.explain(time.count()))
      report.violated("I19",
                      "node " + late->envelope.node() + " wrote behind " + place(*newer->stored)
                          + " of " + newer->envelope.node() + ", and no fault explains it",
                      place(*late->stored));
  }
}

}  // namespace

void check_writers(const DecodedRun& run, const ControlLog* control, const ToldByCommand& all,
                   Report& report) {
  if (control == nullptr || control->slots == 0) {
    for (const auto* id : {"I9", "I19"})
      report.not_checked(id, "stream CTL says nothing about slots and claims");
    return;
  }
  Writers writers(*control, report);
  for (const auto& context : run.contexts())
    for (const auto& commit : context.commits)
      if (!run.poison().wrote(commit.subject(), commit.envelope.first_version()))
        writers.read(commit);
  if (writers.without_epoch > 0)
    for (const auto* id : {"I9", "I19"})
      report.not_checked(id, std::to_string(writers.without_epoch) + " commits name no epoch");
  check_overlaps(run, writers, all, report);
}

}  // namespace troupe::check
