#include "runtime/engine/views/projector.hpp"

#include <exception>
#include <iterator>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include <troupe/timestamp.hpp>
#include "runtime/base/backoff.hpp"
#include "runtime/base/fault_point.hpp"
#include "runtime/base/thrown.hpp"
#include "runtime/engine/history/fold.hpp"
#include "runtime/ports/condition_kinds.hpp"

namespace troupe::engine {

/// An event of the view with the facts around it, and the row it concerns.
struct Projector::Fact {
  std::shared_ptr<const ReadCommit> read;
  std::uint64_t version = 0;
  MessagePtr event;
  std::string key;

  EventFacts facts() const {
    const auto& commit = read->commit;
    return {.id = commit.id(), .version = version, .time = to_time(commit.committed_at())};
  }
};

/// What one message is to the view; empty when it is passed over or of no interest. Throws what the
/// view's key function throws.
Result<std::vector<Projector::Fact>> Projector::facts_of(const StoredCommit& stored) const {
  auto read = reader_.read(stored);
  if (!read) return tl::make_unexpected(read.error());
  std::vector<Fact> facts;
  if (!*read) return facts;
  const auto shared = std::make_shared<const ReadCommit>(**std::move(read));
  const auto& commit = shared->commit;
  for (int i = 0; i < commit.events_size(); ++i) {
    const auto& any = commit.events(i);
    if (!view_.events.contains(type_of(any))) continue;
    Fact fact{shared,
              commit.first_version() + static_cast<std::uint64_t>(i),
              unpack(any, view_.events),
              {}};
    if (!fact.event)
      return permanent(reader_.poison(
          stored, "holds " + shown(type_of(any)) + ", which this program cannot read"));
    fact.key = view_.key(fact.facts(), *fact.event);
    if (!fact.key.empty()) facts.push_back(std::move(fact));
  }
  return facts;
}

Projector::Projector(Dependencies deps, ViewName name, const ViewModel& view, Progress progress)
    : deps_(deps),
      name_(std::move(name)),
      view_(view),
      progress_(std::move(progress)),
      reader_(deps_.skips, name_.context),
      standstill_(deps_.conditions, condition::view_stopped, name_.context.str(), name_.view.str()),
      blocked_(deps_.conditions, condition::view_blocked, name_.context.str(), name_.view.str()),
      waits_(deps_.conditions, condition::view_waits, name_.context.str(), name_.view.str()),
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
    if (!deps_.is_keeper()) {
      cursor.reset();
      skips_judged_ = deps_.skips.changes();
      standstill_.clear();  // whoever keeps it now will tell
      blocked_.clear();
      waits_.clear();
      follow();
      pause(stopping, follow_interval);
      continue;
    }
    if (!clear_what_was_skipped(position)) {
      pause(stopping, backoff.next());
      continue;
    }
    if (stays_blocked()) {
      pause(stopping, patience);
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
    if (step == Step::go_on) {
      backoff.reset();
      waits_.clear();
    }
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
  const auto checkpoint = deps_.views.checkpoint(name_);
  if (!checkpoint) return;
  if (!end_) {
    const auto last = deps_.streams.last_sequence(name_.context);
    if (!last) return;
    compared(*last);
  }
  progress_.moved(*checkpoint);
  looks_there_ = *checkpoint == std::exchange(followed_, *checkpoint) ? looks_there_ + 1 : 0;
  const bool stuck = looks_there_ > 0 && looks_there_ % looks_until_stuck == 0;
  if (stuck && *checkpoint < *end_) look_whether_blocked(*checkpoint);
}

/// Whoever keeps the view knows, and may be away when this node starts.
void Projector::look_whether_blocked(std::uint64_t checkpoint) {
  const auto next = deps_.streams.open(name_.context, checkpoint)->next(1, patience);
  if (next && !next->empty() && !facts_of(next->front())) progress_.blocked(checkpoint);
}

void Projector::compared(std::uint64_t end) {
  if (end_) return;
  end_ = end;
  progress_.compared(end);
}

Projector::Step Projector::open(std::unique_ptr<EventCursor>& cursor, std::uint64_t& position) {
  const auto checkpoint = deps_.views.checkpoint(name_);
  if (!checkpoint) return told(checkpoint.error()), Step::again;
  const auto last = deps_.streams.last_sequence(name_.context);
  if (!last) return told(last.error()), Step::again;
  deps_.counters.reach(*checkpoint);  // the guard of the log judges by it, too
  if (*checkpoint > *last)
    return give_up("its checkpoint is " + std::to_string(*checkpoint) + " but the stream ends at "
                   + std::to_string(*last) + ": the log went back");
  compared(*last);
  position = *checkpoint;
  cursor = deps_.streams.open(name_.context, position);
  progress_.moved(position);
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
  skips_known_ = deps_.skips.changes();
  const auto folded = fold(commits, position);
  if (!folded && !folded.error().retryable) return give_up(folded.error().what);
  if (!folded) return told(folded.error()), Step::reopen_later;
  if (folded->from != position) return elsewhere(folded->from, position);
  if (folded->to == position) return block(folded->poison, position);
  const auto applied = deps_.views.apply(name_, position, folded->to, folded->changed);
  // Without an answer it may be written: the store's checkpoint tells.
  if (!applied) return told(applied.error()), Step::reopen_later;
  if (!applied->written) return elsewhere(applied->checkpoint, position);
  fault_point(FaultPoint::view_written);
  position = folded->to;
  deps_.counters.reach(position);
  progress_.moved(position);
  if (!folded->poison.empty()) return block(folded->poison, position);
  blocked_.clear();
  return Step::go_on;
}

/// Ahead: another node keeps the same view. Behind: the store lost data.
Projector::Step Projector::elsewhere(std::uint64_t checkpoint, std::uint64_t position) const {
  spdlog::log(checkpoint < position ? spdlog::level::warn : spdlog::level::debug,
              "View {}.{} stands at {} in its store, not at {}; it goes on from there.",
              name_.context.str(), name_.view.str(), checkpoint, position);
  return Step::reopen;
}

/// It reads on from its checkpoint once something was decided.
Projector::Step Projector::block(const std::string& poison, std::uint64_t position) {
  blocked_at_ = position;
  blocked_.set(
      fmt::format("View {}.{} goes no further: {}", name_.context.str(), name_.view.str(), poison));
  progress_.blocked(position);
  return Step::reopen;
}

/// It may have folded a message before it heard that nobody should. False: the world failed.
bool Projector::clear_what_was_skipped(std::uint64_t position) {
  const auto changes = deps_.skips.changes();
  if (changes == skips_judged_) return true;
  const auto stream = stream_name(StreamKind::events, name_.context);
  if (deps_.skips.any_since(skips_judged_, stream, position)) {
    if (const auto cleared = deps_.views.clear(name_); !cleared)
      return told(cleared.error()), false;
    spdlog::info("View {}.{} is built again, without what is skipped.", name_.context.str(),
                 name_.view.str());
  }
  skips_judged_ = changes;
  return true;
}

/// Whether it would only meet the same message again.
bool Projector::stays_blocked() const {
  if (!blocked_.holds() || skips_known_ != deps_.skips.changes()) return false;
  const auto checkpoint = deps_.views.checkpoint(name_);  // the store may have lost it
  return !checkpoint || *checkpoint == blocked_at_;
}

/// A store that lost its data while nothing happens would stay empty.
Projector::Step Projector::check(std::uint64_t position) {
  const auto checkpoint = deps_.views.checkpoint(name_);
  if (!checkpoint) return told(checkpoint.error()), Step::again;
  return *checkpoint == position ? Step::go_on : elsewhere(*checkpoint, position);
}

void Projector::told(const Failure& failure) {
  waits_.set(
      fmt::format("View {}.{} waits: {}", name_.context.str(), name_.view.str(), failure.what));
}

/// Fails retryably when the store does not answer, permanently when the view cannot fold.
Result<Projector::Folded> Projector::fold(const std::vector<StoredCommit>& commits,
                                          std::uint64_t position) try {
  const auto watch = deps_.watchdog.watch(name_.view.str(), "project");
  Folded folded{.from = position, .to = position};
  std::vector<Fact> facts;
  for (const auto& stored : commits) {
    auto more = facts_of(stored);
    if (!more) {
      folded.poison = std::move(more.error().what);
      break;
    }
    std::move(more->begin(), more->end(), std::back_inserter(facts));
    folded.to = stored.sequence;
  }
  if (auto projected = project(facts, folded); !projected)
    return tl::make_unexpected(std::move(projected.error()));
  return folded;
} catch (...) {
  return permanent("its fold threw: " + what_was_thrown());
}

Result<void> Projector::project(const std::vector<Fact>& facts, Folded& folded) const {
  std::set<std::string> keys;
  for (const auto& fact : facts) keys.insert(fact.key);
  if (keys.empty()) return {};

  const auto stored = deps_.views.rows(name_, {keys.begin(), keys.end()});
  if (!stored) return retryable(stored.error().what);
  if (stored->checkpoint != folded.from) {
    folded.from = stored->checkpoint;
    return {};
  }
  std::map<std::string, MessagePtr> rows;
  for (const auto& key : keys) {
    auto& row = rows[key] = MessagePtr(view_.row->New());
    const auto bytes = stored->rows.find(key);
    if (bytes != stored->rows.end() && !row->ParseFromString(bytes->second))
      return permanent("row " + key + " cannot be read; clear the view to build it again");
  }
  for (const auto& fact : facts) view_.project(*rows[fact.key], fact.facts(), *fact.event);
  for (const auto& [key, row] : rows) folded.changed.emplace(key, row->SerializeAsString());
  return {};
}

Projector::Step Projector::give_up(const std::string& why) {
  waits_.clear();
  standstill_.set(
      fmt::format("View {}.{} has stopped: {}", name_.context.str(), name_.view.str(), why));
  return Step::stop;
}

}  // namespace troupe::engine
