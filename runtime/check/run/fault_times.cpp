// Pairs the marks of faults, and sets the clocks by what both saw.
#include "runtime/check/run/fault_times.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>

#include "runtime/ports/instant.hpp"

namespace troupe::check {

namespace {

bool mentions(const std::string& text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](unsigned char a, unsigned char b) { return std::tolower(a) == b; })
         != text.end();
}

}  // namespace

FaultTimes::FaultTimes(const std::vector<ClientEvent>& history) {
  constexpr auto open_end = std::numeric_limits<std::int64_t>::max();
  std::map<std::string, std::size_t> open;
  std::int64_t last = 0;
  for (const auto& event : history) {
    last = std::max(last, event.at_ns);
    if (event.type != ClientEvent::Type::nemesis) continue;
    // By the fault alone: whom it strikes may turn out, or change, while it lasts.
    const auto [place, is_new] = open.try_emplace(event.fault.fault, faults_.size());
    if (is_new)
      faults_.push_back({.kind = event.fault.kind,
                         .target = event.fault.target,
                         .begin_ns = event.at_ns,
                         .healing_ns = open_end,
                         .end_ns = open_end});
    auto& fault = faults_[place->second];
    if (event.fault.phase == "healing") fault.healing_ns = event.at_ns;
    if (event.fault.phase != "stop") continue;
    fault.end_ns = event.at_ns;
    open.erase(place);
  }
  for (auto& fault : faults_) {
    fault.end_ns = std::min(fault.end_ns, last);
    fault.healing_ns = std::min(fault.healing_ns, fault.end_ns);
  }
  std::ranges::stable_sort(faults_, {}, &FaultTime::begin_ns);
}

bool FaultTimes::explain(std::int64_t time_ns) const {
  return std::any_of(faults_.begin(), faults_.end(), [&](const FaultTime& fault) {
    return fault.begin_ns <= time_ns && time_ns <= fault.end_ns + aftermath.count();
  });
}

std::chrono::nanoseconds FaultTimes::in_force(std::int64_t from_ns, std::int64_t to_ns) const {
  std::int64_t time_ns = 0;
  auto counted_ns = from_ns;  // faults may overlap; what lies before is counted
  for (const auto& fault : faults_) {
    const auto begin = std::max(fault.begin_ns, counted_ns);
    const auto end = std::min(fault.healing_ns, to_ns);
    if (begin >= end) continue;
    time_ns += end - begin;
    counted_ns = end;
  }
  return std::chrono::nanoseconds(time_ns);
}

bool FaultTimes::redis_lost(std::int64_t from_ns, std::int64_t to_ns) const {
  return std::any_of(faults_.begin(), faults_.end(), [&](const FaultTime& fault) {
    const bool redis = mentions(fault.kind, "redis") || mentions(fault.target, "redis")
                       || mentions(fault.kind, "flush");
    const bool only_unreachable = mentions(fault.kind, "partition");
    return redis && !only_unreachable && fault.begin_ns <= to_ns
           && from_ns <= fault.end_ns + aftermath.count();
  });
}

std::optional<std::chrono::nanoseconds> clients_clock_offset(const DecodedRun& run,
                                                             const ToldByCommand& all) {
  using std::chrono::nanoseconds;
  constexpr nanoseconds rounding = std::chrono::milliseconds(1);  // of a commit's time
  auto least = nanoseconds::min();
  auto most = nanoseconds::max();
  for (const auto& [command_id, told] : all) {
    const auto& commits = run.commits_of(command_id);
    const auto recorded = told.first_recorded_ns();
    if (commits.empty() || told.invokes.empty()
        || recorded == std::numeric_limits<std::int64_t>::max())
      continue;
    const nanoseconds decided = to_instant(commits.front()->time()).time_since_epoch();
    least = std::max(least, nanoseconds(told.first_sent_ns()) - decided - rounding);
    most = std::min(most, nanoseconds(recorded) - decided);
  }
  if (least == nanoseconds::min() || least > most) return std::nullopt;
  return least + (most - least) / 2;
}

}  // namespace troupe::check
