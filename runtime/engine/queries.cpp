#include "runtime/engine/queries.hpp"
#include "runtime/engine/thrown.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "runtime/ports/assert.hpp"

namespace troupe::engine {

namespace {

/// Reads rows for one answer and remembers whether the store failed meanwhile.
class StoredViews final : public Views {
public:
  StoredViews(ViewStore& store, const Token& context) : store_(store), context_(context) {}

  const std::string& failure() const noexcept { return failure_; }

private:
  std::optional<std::string> read(std::string_view view, std::string_view key) const override {
    const auto name = Token::parse(view);
    TROUPE_ASSERT(name, "a view's name is a token");
    auto rows = store_.rows({context_, *name}, {std::string(key)});
    if (!rows) {
      failure_ = rows.error().what;
      return std::nullopt;
    }
    const auto row = rows->find(key);
    return row == rows->end() ? std::nullopt : std::optional(std::move(row->second));
  }

  ViewStore& store_;
  const Token& context_;
  mutable std::string failure_;
};

/// While stopping, those who have not come to a thread yet are looked for so often.
constexpr std::chrono::milliseconds stop_pause{20};

QueryOutcome failed(int code, std::string text) {
  return {.code = code, .text = std::move(text), .reply = nullptr, .position = {}};
}

}  // namespace

std::uint64_t ViewPositions::slowest_locked() const {
  return positions_.empty() ? 0 : *std::ranges::min_element(positions_);
}

std::uint64_t ViewPositions::slowest() const {
  const std::lock_guard lock(mutex_);
  return slowest_locked();
}

void ViewPositions::moved(std::size_t view, std::uint64_t position) {
  std::vector<Done> reached;
  {
    const std::lock_guard lock(mutex_);
    positions_[view] = position;
    const auto end = waiters_.upper_bound(slowest_locked());
    for (auto waiter = waiters_.begin(); waiter != end; waiter = waiters_.erase(waiter))
      reached.push_back(std::move(waiter->second.done));
  }
  for (const auto& done : reached) done(Waited::reached);
}

/// Whoever waits for most, and among those who came last, gives way: what is far off may never
/// come, and costs those nothing who ask for what has just been written.
void ViewPositions::when(std::uint64_t position, std::chrono::steady_clock::time_point deadline,
                         Done done) {
  Waited how = Waited::reached;
  {
    const std::lock_guard lock(mutex_);
    if (slowest_locked() < position) {
      waiters_.emplace(position, Waiter{deadline, std::move(done)});
      if (waiters_.size() <= waiting_max_) return;
      const auto farthest = std::prev(waiters_.end());
      done = std::move(farthest->second.done);
      waiters_.erase(farthest);
      how = Waited::crowded_out;
    }
  }
  done(how);
}

void ViewPositions::expire(std::chrono::steady_clock::time_point now) {
  std::vector<Done> expired;
  {
    const std::lock_guard lock(mutex_);
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
      if (waiter->second.deadline > now) {
        ++waiter;
        continue;
      }
      expired.push_back(std::move(waiter->second.done));
      waiter = waiters_.erase(waiter);
    }
  }
  for (const auto& done : expired) done(Waited::too_long);
}

Queries::Queries(ViewStore& views, const Clock& clock, Watchdog& watchdog, std::size_t threads,
                 std::size_t waiting_max, const std::map<std::string, Context>& contexts)
    : views_(views), clock_(clock), watchdog_(watchdog), waiting_max_(waiting_max) {
  for (const auto& [name, context] : contexts) lines_.emplace(name, Line{context});
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Queries::~Queries() { stop(); }

std::optional<QueryOutcome> Queries::refused(const QueryCall& call, const Context& context) {
  const auto stream = stream_name(StreamKind::events, call.context);
  if (!call.at_least) return std::nullopt;
  if (call.at_least->stream != stream)
    return failed(400, "the views of " + call.context.str() + " follow " + stream + ", not "
                           + call.at_least->stream);
  const auto seen = std::max(context.counters->log_reached.load(), context.positions->slowest());
  if (seen != 0 && call.at_least->sequence > seen + unseen_max)
    return failed(400, stream + " holds no sequence " + std::to_string(call.at_least->sequence)
                           + "; it ends at about " + std::to_string(seen));
  return std::nullopt;
}

void Queries::ask(QueryCall call, QueryBus::Answered answered) {
  const auto found = lines_.find(call.context.str());
  if (found == lines_.end())
    return answered(failed(404, "this node does not serve " + call.context.str()));
  auto& line = found->second;
  const auto& queries = line.context.model->queries;
  const auto query = std::ranges::find(queries, call.query, &QueryModel::name);
  if (query == queries.end())
    return answered(failed(404, call.context.str() + " has no query " + call.query));
  if (const auto refusal = refused(call, line.context)) return answered(*refusal);
  if (const auto refusal = enter(line)) return answered(*refusal);
  const auto position = call.at_least ? call.at_least->sequence : 0;
  const auto deadline = call.deadline;
  auto waiting =
      std::make_shared<Waiting>(Waiting{std::move(call), line, &*query, std::move(answered)});
  line.context.positions->when(position, deadline,
                               [this, waiting](auto how) { waited(waiting, how); });
}

std::optional<QueryOutcome> Queries::enter(Line& line) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return failed(503, "the node stops");
  if (line.waiting >= waiting_max_)
    return failed(429, "too many questions wait; repeat a little later");
  ++line.waiting;
  ++waiting_;
  return std::nullopt;
}

void Queries::waited(const std::shared_ptr<Waiting>& waiting, ViewPositions::Waited how) {
  if (how == ViewPositions::Waited::crowded_out)
    return finish(*waiting, failed(429,
                                   "too many questions wait for what the views have not "
                                   "reached; repeat a little later"));
  {
    const std::lock_guard lock(mutex_);
    auto& line = waiting->line;
    line.ready.push_back(waiting);
    if (line.ready.size() == 1) turns_.push_back(&line);
  }
  changed_.notify_all();  // stop() may wait here as well
}

void Queries::finish(Waiting& waiting, const QueryOutcome& outcome) {
  waiting.answered(outcome);
  const std::lock_guard lock(mutex_);
  --waiting.line.waiting;
  if (--waiting_ == 0 && stopped_) changed_.notify_all();
}

void Queries::expire() {
  for (const auto& [name, line] : lines_) line.context.positions->expire(clock_.steady());
}

void Queries::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  changed_.notify_all();
  // Whoever has entered is on the way into a line: it is answered before the threads end.
  std::unique_lock lock(mutex_);
  while (waiting_ > 0) {
    lock.unlock();
    for (const auto& [name, line] : lines_)
      line.context.positions->expire(std::chrono::steady_clock::time_point::max());
    lock.lock();
    changed_.wait_for(lock, stop_pause, [this] { return waiting_ == 0; });
  }
  lock.unlock();
  for (auto& thread : threads_) thread.join();
}

void Queries::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_ || waiting_ > 0) {
    if (turns_.empty()) {
      changed_.wait(lock);
      continue;
    }
    auto& line = *turns_.front();
    turns_.pop_front();
    const auto waiting = std::move(line.ready.front());
    line.ready.pop_front();
    if (!line.ready.empty()) turns_.push_back(&line);
    const bool stopped = stopped_;
    lock.unlock();
    finish(*waiting, stopped ? failed(503, "the node stops") : answer(*waiting));
    lock.lock();
  }
}

QueryOutcome Queries::answer(const Waiting& waiting) const {
  const auto& call = waiting.call;
  // Read before the rows: what the answer reflects at least.
  const Position position{stream_name(StreamKind::events, call.context),
                          waiting.line.context.positions->slowest()};
  if (call.at_least && position.sequence < call.at_least->sequence)
    return failed(504, "the views are at " + std::to_string(position.sequence)
                           + " and did not reach " + std::to_string(call.at_least->sequence)
                           + " in time");
  if (clock_.steady() >= call.deadline)
    return failed(504, "the deadline passed before the question was read");
  try {
    const auto watch = watchdog_.watch(call.context.str(), call.query);
    const StoredViews views(views_, call.context);
    const auto answer = waiting.query->answer(*call.question, views);
    if (!views.failure().empty()) return failed(503, views.failure());
    if (!answer.reply) return {404, std::string(answer.miss), nullptr, position};
    return {200, {}, answer.reply, position};
  } catch (...) {
    return failed(500, call.query + " threw: " + what_was_thrown());
  }
}

}  // namespace troupe::engine
