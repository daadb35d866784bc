#include "runtime/engine/queries.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/engine/thrown.hpp"

namespace troupe::engine {

namespace {

QueryOutcome failed(int code, std::string text) {
  return {.code = code, .text = std::move(text), .reply = nullptr, .position = {}};
}

/// Reads rows for one answer, and remembers how far the views were and what kept it from reading.
class StoredViews final : public Views {
public:
  StoredViews(ViewStore& store, const ContextModel& model, const Token& context,
              ViewPositions& positions)
      : store_(store), model_(model), context_(context), positions_(positions) {}

  /// What has to be said instead of the answer: the first thing that went wrong.
  const std::optional<QueryOutcome>& failure() const noexcept { return failure_; }
  /// What all that was read reflects at least; nothing when nothing was read.
  const std::optional<std::uint64_t>& position() const noexcept { return position_; }

private:
  std::optional<std::string> read(std::string_view view, std::string_view key) const override {
    const auto known = std::ranges::find(model_.views, view, &ViewModel::name);
    if (known == model_.views.end())
      return fail(500, fmt::format("{} has no view {}", model_.name, view));
    const auto index = static_cast<std::size_t>(known - model_.views.begin());
    const auto whole_from = positions_.whole_from(index);  // before the rows are read
    auto found = store_.rows({context_, *Token::parse(view)}, {std::string(key)});
    if (!found) return fail(503, found.error().what);
    if (!whole_from)
      return fail(503, fmt::format("{} was not compared with the end of its stream yet", view));
    if (found->checkpoint < *whole_from)
      return fail(503, rebuilt_sentence(view, found->checkpoint, *whole_from));
    positions_.seen(index, found->checkpoint);
    position_ = std::min(position_.value_or(found->checkpoint), found->checkpoint);
    const auto row = found->rows.find(key);
    return row == found->rows.end() ? std::nullopt : std::optional(std::move(row->second));
  }

  void unreadable(std::string_view view, std::string_view key) const override {
    (void)fail(500, fmt::format("row {} of {} cannot be read; clear the view to build it again",
                                key, view));
  }

  std::nullopt_t fail(int code, std::string text) const {
    if (!failure_) failure_ = failed(code, std::move(text));
    return std::nullopt;
  }

  ViewStore& store_;
  const ContextModel& model_;
  const Token& context_;
  ViewPositions& positions_;
  mutable std::optional<QueryOutcome> failure_;
  mutable std::optional<std::uint64_t> position_;
};

/// While stopping, those who have not come to a thread yet are looked for so often.
constexpr std::chrono::milliseconds stop_pause{20};

}  // namespace

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
  auto& positions = *waiting.context->positions;
  const auto slowest = positions.slowest();
  if (call.at_least && slowest < call.at_least->sequence)
    return failed(504, "the views are at " + std::to_string(slowest) + " and did not reach "
                           + std::to_string(call.at_least->sequence) + " in time");
  if (clock_.steady() >= call.deadline)
    return failed(504, "the deadline passed before the question was read");
  const StoredViews views(views_, *waiting.context->model, call.context, positions);
  try {
    const auto watch = watchdog_.watch(call.context.str(), call.query);
    const auto answer = waiting.query->answer(*call.question, views);
    if (views.failure()) return *views.failure();
    // A view that is whole stands no lower than where it was waited for.
    const Position position{stream_name(StreamKind::events, call.context),
                            views.position().value_or(slowest)};
    if (!answer.reply) return {404, std::string(answer.miss), nullptr, position};
    return {200, {}, answer.reply, position};
  } catch (...) {
    if (views.failure()) return *views.failure();  // and that is why
    return failed(500, call.query + " threw: " + what_was_thrown());
  }
}

}  // namespace troupe::engine
