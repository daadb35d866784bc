#include "runtime/engine/views/queries.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/base/thrown.hpp"
#include "runtime/ports/rejected.hpp"

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
  if (query == queries.end()) {
    const auto rejected = not_known(call.context.str() + " has no query " + call.query,
                                    line.context.another_program());
    return answered(failed(number_of(rejected.code), rejected.text));
  }
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
  auto& positions = *waiting.line.context.positions;
  const auto slowest = positions.slowest();
  if (call.at_least && slowest < call.at_least->sequence)
    return failed(504, "the views are at " + std::to_string(slowest) + " and did not reach "
                           + std::to_string(call.at_least->sequence) + " in time");
  if (clock_.steady() >= call.deadline)
    return failed(504, "the deadline passed before the question was read");
  const StoredViews views(views_, *waiting.line.context.model, call.context, positions);
  try {
    const auto watch = watchdog_.watch(call.context.str(), call.query);
    const auto answer = waiting.query->answer(*call.question, views);
    if (views.failure()) return *views.failure();
    // A view that is whole stands no lower than where it was waited for.
    const Position position{stream_name(StreamKind::events, call.context),
                            views.position().value_or(slowest)};
    if (!answer.reply)
      return {404, std::string(answer.miss), nullptr, position, std::string(answer.miss)};
    return {200, {}, answer.reply, position};
  } catch (...) {
    if (views.failure()) return *views.failure();  // and that is why
    return failed(500, call.query + " threw: " + what_was_thrown());
  }
}

}  // namespace troupe::engine
