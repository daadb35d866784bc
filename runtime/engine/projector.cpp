#include "runtime/engine/projector.hpp"

#include <exception>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/domain/timestamp.hpp"
#include "runtime/engine/backoff.hpp"
#include "runtime/engine/fold.hpp"
#include "runtime/engine/thrown.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/fault_point.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::engine {

namespace {

/// An event of the view with the facts around it, and the row it concerns.
struct Fact {
  std::shared_ptr<const v1::Commit> commit;
  std::uint64_t version = 0;
  MessagePtr event;
  std::string key;

  EventFacts facts() const {
    return {.id = commit->id(), .version = version, .time = to_time(commit->committed_at())};
  }
};

/// Throws what the view's key function throws.
Result<void> add_facts(const ViewModel& view, const StoredCommit& stored, std::vector<Fact>& to) {
  auto commit = std::make_shared<v1::Commit>();
  if (!commit->ParseFromString(stored.bytes))
    return permanent("sequence " + std::to_string(stored.sequence) + " is not a commit");
  for (int i = 0; i < commit->events_size(); ++i) {
    const auto& any = commit->events(i);
    if (!view.events.contains(type_of(any))) continue;
    Fact fact{commit,
              commit->first_version() + static_cast<std::uint64_t>(i),
              unpack(any, view.events),
              {}};
    if (!fact.event)
      return permanent(std::string(type_of(any)) + " at sequence " + std::to_string(stored.sequence)
                       + " cannot be read");
    fact.key = view.key(fact.facts(), *fact.event);
    if (!fact.key.empty()) to.push_back(std::move(fact));
  }
  return {};
}

}  // namespace

Projector::Projector(World world, ViewName name, const ViewModel& view, Moved moved)
    : world_(world),
      name_(std::move(name)),
      view_(view),
      moved_(std::move(moved)),
      standstill_(world_.conditions, condition::view_stopped, name_.context.str(),
                  name_.view.str()),
      thread_([this](const std::stop_token& stopping) { run(stopping); }) {}

Projector::~Projector() {
  thread_.request_stop();
  thread_.join();
}

void Projector::run(const std::stop_token& stopping) {
  Backoff backoff{pause_min, pause_max};
  std::unique_ptr<EventCursor> cursor;
  std::uint64_t position = 0;
  while (!stopping.stop_requested()) {
    if (!world_.is_keeper()) {
      cursor.reset();
      standstill_.clear();  // whoever keeps it now will tell
      follow();
      pause(stopping, follow_interval);
      continue;
    }
    const bool reads = cursor != nullptr;
    const auto step = reads ? advance(*cursor, position) : open(cursor, position);
    if (step != Step::go_on && step != Step::again) cursor.reset();
    if (step == Step::stop) {
      pause(stopping, standstill);
      continue;
    }
    if (step == Step::go_on && reads) standstill_.clear();
    if (step == Step::go_on) backoff.reset();
    if (step == Step::go_on || step == Step::reopen) continue;
    pause(stopping, backoff.next());
  }
}

void Projector::pause(const std::stop_token& stopping, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, stopping, time, [] { return false; });
}

/// Without an answer the view is where it was, for all that is known.
void Projector::follow() {
  if (const auto checkpoint = world_.views.checkpoint(name_)) moved_(*checkpoint);
}

Projector::Step Projector::open(std::unique_ptr<EventCursor>& cursor, std::uint64_t& position) {
  const auto checkpoint = world_.views.checkpoint(name_);
  if (!checkpoint) return told(checkpoint.error()), Step::again;
  const auto last = world_.streams.last_sequence(name_.context);
  if (!last) return told(last.error()), Step::again;
  world_.counters.reach(*checkpoint);  // the guard of the log judges by it, too
  if (*checkpoint > *last)
    return give_up("its checkpoint is " + std::to_string(*checkpoint) + " but the stream ends at "
                   + std::to_string(*last) + ": the log went back");
  position = *checkpoint;
  cursor = world_.streams.open(name_.context, position);
  moved_(position);
  return Step::go_on;
}

Projector::Step Projector::advance(EventCursor& cursor, std::uint64_t& position) {
  const auto commits = cursor.next(batch_max, patience);
  if (!commits && !commits.error().retryable) return give_up(commits.error().what);
  if (!commits) return told(commits.error()), Step::again;
  return commits->empty() ? check(position) : write(*commits, position);
}

Projector::Step Projector::write(const std::vector<StoredCommit>& commits,
                                 std::uint64_t& position) {
  const auto rows = fold(commits);
  if (!rows && !rows.error().retryable) return give_up(rows.error().what);
  if (!rows) return told(rows.error()), Step::reopen_later;
  const auto to = commits.back().sequence;
  const auto applied = world_.views.apply(name_, position, to, *rows);
  // Without an answer it may be written: the store's checkpoint tells.
  if (!applied) return told(applied.error()), Step::reopen_later;
  if (!applied->written) {
    // Ahead: another node keeps the same view. Behind: the store lost data.
    spdlog::log(applied->checkpoint < position ? spdlog::level::warn : spdlog::level::debug,
                "View {}.{} stands at {} in its store, not at {}; it goes on from there.",
                name_.context.str(), name_.view.str(), applied->checkpoint, position);
    return Step::reopen;
  }
  fault_point(FaultPoint::view_written);
  position = to;
  world_.counters.reach(position);
  moved_(position);
  return Step::go_on;
}

/// A store that lost its data while nothing happens would stay empty.
Projector::Step Projector::check(std::uint64_t position) {
  const auto checkpoint = world_.views.checkpoint(name_);
  if (!checkpoint) return told(checkpoint.error()), Step::again;
  return *checkpoint == position ? Step::go_on : Step::reopen;
}

void Projector::told(const Failure& failure) const {
  spdlog::warn("View {}.{} waits: {}.", name_.context.str(), name_.view.str(), failure.what);
}

/// Fails retryably when the store does not answer, permanently when the view cannot fold.
Result<Rows> Projector::fold(const std::vector<StoredCommit>& commits) try {
  const auto watch = world_.watchdog.watch(name_.view.str(), "project");
  std::vector<Fact> facts;
  for (const auto& stored : commits)
    if (const auto added = add_facts(view_, stored, facts); !added)
      return tl::make_unexpected(added.error());
  std::set<std::string> keys;
  for (const auto& fact : facts) keys.insert(fact.key);
  if (keys.empty()) return Rows{};

  const auto stored = world_.views.rows(name_, {keys.begin(), keys.end()});
  if (!stored) return retryable(stored.error().what);
  std::map<std::string, MessagePtr> rows;
  for (const auto& key : keys) {
    auto& row = rows[key] = MessagePtr(view_.row->New());
    const auto bytes = stored->find(key);
    if (bytes != stored->end() && !row->ParseFromString(bytes->second))
      return permanent("row " + key + " cannot be read; clear the view to build it again");
  }
  for (const auto& fact : facts) view_.project(*rows[fact.key], fact.facts(), *fact.event);
  Rows changed;
  for (const auto& [key, row] : rows) changed.emplace(key, row->SerializeAsString());
  return changed;
} catch (...) {
  return permanent("its fold threw: " + what_was_thrown());
}

Projector::Step Projector::give_up(const std::string& why) {
  standstill_.set(
      fmt::format("View {}.{} has stopped: {}", name_.context.str(), name_.view.str(), why));
  return Step::stop;
}

}  // namespace troupe::engine
