// Reads logs and views through the ports, and waits until nothing moves any more.
#include "runtime/check/run/collect.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "troupe/v1/records.pb.h"

namespace troupe::check {

namespace {

constexpr std::size_t commits_per_read = 1'000;
/// A stream that says it holds a commit must hand it out within this time.
constexpr std::chrono::milliseconds read_patience{5'000};

Collected described(const ContextModel& model) {
  Collected collected{.context = Token::parse(model.name).value(), .views = {}};
  for (const auto& view : model.views) collected.views.push_back(Token::parse(view.name).value());
  return collected;
}

/// How one look at the system went.
struct Look {
  std::string unsettled;  ///< what is still to be done; empty: nothing
  std::vector<std::uint64_t> last_sequences;
};

std::string still_to_do(const Backlog& backlog) {
  for (const auto& consumer : backlog.consumers)
    if (consumer.pending + consumer.ack_pending != 0)
      return "consumer " + consumer.name + " has " + std::to_string(consumer.pending)
             + " events pending and " + std::to_string(consumer.ack_pending) + " unacknowledged";
  if (!backlog.timers.empty())
    return std::to_string(backlog.timers.size()) + " timers are left, such as "
           + backlog.timers.front();
  for (const auto& replica : backlog.replicas)
    if (!is_level(replica))
      return "replica " + replica.name + " lacks " + std::to_string(replica.lag) + " messages";
  return {};
}

Result<Look> look(const Sources& sources, const std::vector<Collected>& contexts) {
  Look look;
  for (const auto& [context, views] : contexts) {
    const auto last = sources.streams.last_sequence(context);
    if (!last) return tl::make_unexpected(last.error());
    look.last_sequences.push_back(*last);
    const auto backlog = sources.backlogs.backlog(context);
    if (!backlog) return tl::make_unexpected(backlog.error());
    if (const auto what = still_to_do(*backlog); !what.empty())
      look.unsettled = context.str() + ": " + what;
    for (const auto& view : views) {
      const auto checkpoint = sources.views.checkpoint({.context = context, .view = view});
      if (!checkpoint) return tl::make_unexpected(checkpoint.error());
      if (*checkpoint != *last)
        look.unsettled = context.str() + ": view " + view.str() + " is at "
                         + std::to_string(*checkpoint) + " of " + std::to_string(*last);
    }
  }
  return look;
}

/// Waits for the time or for the stop; true when it is to go on.
bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  return !stopped.wait_for(lock, stop, time, [&] { return stop.stop_requested(); });
}

Result<void> read_log(EventStreams& streams, const Token& context, std::uint64_t last,
                      std::vector<StoredCommit>& log) {
  const auto cursor = streams.open(context, 0);
  while (log.empty() ? last > 0 : log.back().sequence < last) {
    auto commits = cursor->next(commits_per_read, read_patience);
    if (!commits) return tl::make_unexpected(commits.error());
    if (commits->empty())
      return retryable("the stream of " + context.str() + " ends before its last sequence "
                       + std::to_string(last));
    std::move(commits->begin(), commits->end(), std::back_inserter(log));
  }
  // What came after the look at the stream's end is not part of this run.
  while (!log.empty() && log.back().sequence > last) log.pop_back();
  return {};
}

Result<ContextRun> read_context(const Sources& sources, const Collected& collected) {
  ContextRun run{.context = collected.context.str()};
  const auto last = sources.streams.last_sequence(collected.context);
  if (!last) return tl::make_unexpected(last.error());
  run.last_sequence = *last;
  if (sources.records != nullptr) {
    auto facts = sources.records->facts(collected.context);
    if (!facts) return tl::make_unexpected(facts.error());
    run.stream = *std::move(facts);
  }
  if (const auto read = read_log(sources.streams, collected.context, *last, run.log); !read)
    return tl::make_unexpected(read.error());
  for (const auto& view : collected.views) {
    auto content = sources.views.all({.context = collected.context, .view = view});
    if (!content) return tl::make_unexpected(content.error());
    run.views.emplace(view.str(), *std::move(content));
  }
  auto backlog = sources.backlogs.backlog(collected.context);
  if (!backlog) return tl::make_unexpected(backlog.error());
  run.backlog = *std::move(backlog);
  return run;
}

}  // namespace

ParkedRecord parked_record(const std::string& bytes) {
  v1::ParkedEvent event;
  if (!event.ParseFromString(bytes)) return {.cause = "its record cannot be read"};
  return {.consumer = event.consumer(),
          .stream = event.source_stream(),
          .subject = event.source_subject(),
          .sequence = event.source_sequence(),
          .cause = event.cause()};
}

Result<std::vector<Collected>> contexts_to_collect(const std::vector<ContextModel>& models,
                                                   const std::vector<std::string>& names) {
  std::vector<Collected> contexts;
  for (const auto& model : models)
    if (names.empty() || std::ranges::find(names, model.name) != names.end())
      contexts.push_back(described(model));
  for (const auto& name : names)
    if (std::ranges::find(models, name, &ContextModel::name) == models.end())
      return permanent("this program knows no context '" + name + "'");
  return contexts;
}

Result<void> wait_until_settled(const Sources& sources, const std::vector<Collected>& contexts,
                                std::chrono::steady_clock::time_point deadline,
                                std::stop_token stop) {
  std::optional<Look> before;
  for (;;) {
    const auto now = look(sources, contexts);
    if (!now && !now.error().retryable) return tl::make_unexpected(now.error());
    if (now && now->unsettled.empty() && before && before->unsettled.empty()
        && before->last_sequences == now->last_sequences)
      return {};
    if (std::chrono::steady_clock::now() >= deadline)
      return retryable("not settled in time: "
                       + (!now                     ? now.error().what
                          : now->unsettled.empty() ? std::string("the streams still grow")
                                                   : now->unsettled));
    if (!pause(settle_poll_interval, stop)) return permanent("stopped before it had settled");
    before = now ? std::optional(*now) : std::nullopt;
  }
}

Result<FinishedRun> collect(const Sources& sources, const std::vector<Collected>& contexts) {
  FinishedRun run;
  for (const auto& collected : contexts) {
    auto context = read_context(sources, collected);
    if (!context) return tl::make_unexpected(context.error());
    run.contexts.push_back(*std::move(context));
  }
  if (sources.records != nullptr) {
    auto control = sources.records->control();
    if (!control) return tl::make_unexpected(control.error());
    run.control = *std::move(control);
  }
  return run;
}

Result<void> add_records(FinishedRun& run, const std::filesystem::path& folder,
                         DomainInvariants* own) {
  const auto history = read_if_there(folder, history_file, read_history, run.history);
  if (!history) return tl::make_unexpected(history.error());
  std::optional<std::vector<ClientEvent>> faults;
  const auto nemesis = read_if_there(folder, nemesis_file, read_faults, faults);
  if (!nemesis) return tl::make_unexpected(nemesis.error());
  if (faults && run.history)
    std::move(faults->begin(), faults->end(), std::back_inserter(*run.history));
  const auto processes =
      read_if_there(folder, process_samples_file, read_process_samples, run.processes);
  if (!processes) return tl::make_unexpected(processes.error());
  const auto others = own != nullptr ? own->read_records(folder) : Result<bool>(false);
  if (!others) return tl::make_unexpected(others.error());
  if (!*history && !*others)
    return permanent("there is no history.jsonl in " + folder.string()
                     + ", nor anything else that a run records");
  return {};
}

}  // namespace troupe::check
