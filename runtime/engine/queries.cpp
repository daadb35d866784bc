#include "runtime/engine/queries.hpp"
#include "runtime/engine/thrown.hpp"

#include <algorithm>
#include <exception>
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
  std::vector<Reached> reached;
  {
    const std::lock_guard lock(mutex_);
    positions_[view] = position;
    const auto end = waiters_.upper_bound(slowest_locked());
    for (auto waiter = waiters_.begin(); waiter != end; waiter = waiters_.erase(waiter))
      reached.push_back(std::move(waiter->second.reached));
  }
  for (const auto& run : reached) run();
}

void ViewPositions::when(std::uint64_t position, std::chrono::steady_clock::time_point deadline,
                         Reached reached) {
  {
    const std::lock_guard lock(mutex_);
    if (slowest_locked() < position) {
      waiters_.emplace(position, Waiter{deadline, std::move(reached)});
      return;
    }
  }
  reached();
}

void ViewPositions::expire(std::chrono::steady_clock::time_point now) {
  std::vector<Reached> expired;
  {
    const std::lock_guard lock(mutex_);
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
      if (waiter->second.deadline > now) {
        ++waiter;
        continue;
      }
      expired.push_back(std::move(waiter->second.reached));
      waiter = waiters_.erase(waiter);
    }
  }
  for (const auto& run : expired) run();
}

Queries::Queries(ViewStore& views, const Clock& clock, Watchdog& watchdog, std::size_t threads,
                 std::size_t waiting_max, std::map<std::string, Context> contexts)
    : views_(views),
      clock_(clock),
      watchdog_(watchdog),
      waiting_max_(waiting_max),
      contexts_(std::move(contexts)) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Queries::~Queries() { stop(); }

void Queries::ask(QueryCall call, QueryBus::Answered answered) {
  const auto context = contexts_.find(call.context.str());
  if (context == contexts_.end())
    return answered(failed(404, "this node does not serve " + call.context.str()));
  const auto& queries = context->second.model->queries;
  const auto query = std::ranges::find(queries, call.query, &QueryModel::name);
  if (query == queries.end())
    return answered(failed(404, call.context.str() + " has no query " + call.query));
  const auto stream = stream_name(StreamKind::events, call.context);
  if (call.at_least && call.at_least->stream != stream)
    return answered(failed(400, "the views of " + call.context.str() + " follow " + stream
                                    + ", not " + call.at_least->stream));
  if (const auto refusal = enter()) return answered(*refusal);
  const auto position = call.at_least ? call.at_least->sequence : 0;
  const auto deadline = call.deadline;
  auto waiting = std::make_shared<Waiting>(
      Waiting{std::move(call), &context->second, &*query, std::move(answered)});
  context->second.positions->when(position, deadline, [this, waiting] { enqueue(waiting); });
}

std::optional<QueryOutcome> Queries::enter() {
  const std::lock_guard lock(mutex_);
  if (stopped_) return failed(503, "the node stops");
  if (waiting_ >= waiting_max_) return failed(429, "too many questions wait");
  ++waiting_;
  return std::nullopt;
}

void Queries::enqueue(std::shared_ptr<Waiting> waiting) {
  {
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(waiting));
  }
  changed_.notify_all();  // stop() may wait here as well
}

void Queries::expire() {
  for (const auto& [name, context] : contexts_) context.positions->expire(clock_.steady());
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
    for (const auto& [name, context] : contexts_)
      context.positions->expire(std::chrono::steady_clock::time_point::max());
    lock.lock();
    changed_.wait_for(lock, stop_pause, [this] { return waiting_ == 0; });
  }
  lock.unlock();
  for (auto& thread : threads_) thread.join();
}

void Queries::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_ || waiting_ > 0) {
    if (ready_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto waiting = std::move(ready_.front());
    ready_.pop_front();
    const bool stopped = stopped_;
    lock.unlock();
    waiting->answered(stopped ? failed(503, "the node stops") : answer(*waiting));
    lock.lock();
    if (--waiting_ == 0 && stopped_) changed_.notify_all();
  }
}

QueryOutcome Queries::answer(const Waiting& waiting) const {
  const auto& call = waiting.call;
  // Read before the rows: what the answer reflects at least.
  const Position position{stream_name(StreamKind::events, call.context),
                          waiting.context->positions->slowest()};
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
