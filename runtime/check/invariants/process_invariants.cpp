// I21: what processes held before the faults and in the end.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/check/invariants/invariants.hpp"
#include "runtime/engine/history/command_memory.hpp"

namespace troupe::check {

namespace {

/// What may be held in the end beyond a tenth more than at first. Measured in chaos runs of a few
/// minutes and of thirteen, and far below a leak that a longer one would die of.
struct Allowance {
  std::uint64_t threads = 0;
  std::uint64_t fds = 0;
  std::uint64_t memory_kb = 0;
  std::uint64_t instance_kb = 0;       ///< for each instance more
  std::uint64_t remembered_bytes = 0;  ///< for each command that an instance has to remember
  std::uint64_t stored_percent = 0;    ///< of what the log holds
};
/// What an allocator keeps of a burst, connections of the moment; an instance in memory takes its
/// state, its actor and its remembered commands.
constexpr Allowance node_allowance{
    .threads = 4, .fds = 8, .memory_kb = 24 * 1'024, .instance_kb = 8, .remembered_bytes = 200};
/// Redis holds rows and a snapshot of every instance, with its memory of commands.
constexpr Allowance redis_allowance{
    .threads = 4, .fds = 8, .memory_kb = 24 * 1'024, .instance_kb = 2, .remembered_bytes = 120};
/// A Go program keeps the threads it once needed for its disk, and up to twice its memory, in which
/// the server keeps what it lately wrote and handed out; it opens a file per block of a stream, and
/// knows the subject of every instance.
constexpr Allowance nats_allowance{
    .threads = 16, .fds = 24, .memory_kb = 64 * 1'024, .instance_kb = 2, .stored_percent = 200};
/// Nodes' shares of the slots differ, by so much of an even one.
constexpr std::uint64_t share_percent_max = 150;
/// Of a message in a stream beside its body: subject, headers, sequence, checksum.
constexpr std::uint64_t message_overhead = 150;

const Allowance& allowance_of(const ProcessSample& sample) {
  if (sample.process.starts_with("nats")) return nats_allowance;
  return sample.process.starts_with("redis") ? redis_allowance : node_allowance;
}

/// What the log alone says must be held.
struct Needed {
  std::uint64_t remembered = 0;  ///< commands of all instances
  std::uint64_t stored_bytes = 0;
};

Needed needed_for(const DecodedRun& run) {
  Needed needed;
  for (const auto& [subject, commits] : run.instances()) {
    needed.remembered += std::min(commits.size(), engine::CommandMemory::kept_max);
    for (const auto* commit : commits)
      needed.stored_bytes += commit->stored->bytes.size() + message_overhead;
  }
  return needed;
}

using Look = std::map<std::string_view, const ProcessSample*>;  // by process

/// The processes of the look at a time.
Look look_at(std::int64_t time_ns, const std::vector<ProcessSample>& samples) {
  Look look;
  for (const auto& sample : samples)
    if (sample.at_ns == time_ns) look[sample.process] = &sample;
  return look;
}

/// Of a node those in memory; servers hold all that came to be, at most those of the whole log.
std::uint64_t instances_more(const DecodedRun& run, const ProcessSample& before,
                             const ProcessSample& after) {
  if (&allowance_of(after) != &node_allowance) return run.instances().size();
  const auto first = before.instances.value_or(0);
  return std::max(first, after.instances.value_or(0)) - first;
}

/// A node remembers the commands of its share of the instances, a server those of all.
std::uint64_t memory_kb_more(const DecodedRun& run, const Needed& needed, std::size_t nodes,
                             const ProcessSample& before, const ProcessSample& after) {
  const auto& allowance = allowance_of(after);
  auto remembered = needed.remembered;
  if (&allowance == &node_allowance && nodes > 1)
    remembered = remembered * share_percent_max / 100 / nodes;
  const auto bytes = allowance.remembered_bytes * remembered
                     + allowance.stored_percent * needed.stored_bytes / 100;
  return allowance.memory_kb + allowance.instance_kb * instances_more(run, before, after)
         + bytes / 1'024;
}

void compare(const ProcessSample& before, const ProcessSample& after, std::uint64_t memory_kb,
             Report& report) {
  const auto& allowance = allowance_of(after);
  const auto held = [&](std::string_view what, std::uint64_t first, std::uint64_t last,
                        std::uint64_t more) {
    const auto most = first + first / 10 + more;
    if (last <= most) return;
    report.violated("I21",
                    "it holds " + std::to_string(last) + ' ' + std::string(what) + " and held "
                        + std::to_string(first) + "; up to " + std::to_string(most)
                        + " would be explained",
                    after.process + ", process " + std::to_string(after.pid));
  };
  held("threads", before.threads, after.threads, allowance.threads);
  held("descriptors", before.fds, after.fds, allowance.fds);
  held("KiB of memory", before.rss_kb, after.rss_kb, memory_kb);
}

}  // namespace

void check_processes(const DecodedRun& run, Report& report) {
  const auto& samples = run.run().processes;
  if (!samples)
    return report.not_checked("I21",
                              "nobody recorded the processes' memory, threads and descriptors");
  const auto [first, last] = std::ranges::minmax_element(*samples, {}, &ProcessSample::at_ns);
  if (samples->empty() || first->at_ns == last->at_ns)
    return report.not_checked("I21", "the processes were looked at only once");
  const auto end = look_at(last->at_ns, *samples);
  const auto begin = look_at(first->at_ns, *samples);
  const auto nodes = static_cast<std::size_t>(std::ranges::count_if(
      begin, [](const auto& one) { return &allowance_of(*one.second) == &node_allowance; }));
  const auto needed = needed_for(run);
  for (const auto& [process, before] : begin) {
    const auto after = end.find(process);
    if (after == end.end())
      report.violated("I21", "it is gone", std::string(process));
    else
      compare(*before, *after->second, memory_kb_more(run, needed, nodes, *before, *after->second),
              report);
  }
}

}  // namespace troupe::check
