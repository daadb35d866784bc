// Streams, appends and schedules of the in-memory JetStream; broker_deliveries.cpp has the rest.
#include "runtime/memory/broker.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/assert.hpp"

namespace troupe::memory {

namespace {

auto away() { return retryable("the memory broker is not available"); }

AppendResult unknown(std::string why) {
  return {AppendResult::Outcome::unknown, 0, std::move(why)};
}

}  // namespace

Broker::~Broker() {
  const std::lock_guard lock(mutex_);
  for (auto& request : held_)
    if (request.done)
      worker_.post([done = std::move(request.done)] { done(unknown("the broker was stopped")); });
}

void Broker::append(const std::string& stream, const Subject& subject, std::uint64_t expected,
                    std::vector<std::string> commits, EventLog::Appended done) {
  TROUPE_ASSERT(!commits.empty() && commits.size() <= EventLog::append_commits_max,
                "an append has 1 to append_commits_max commits");
  Append request{stream, subject, expected, std::move(commits), std::move(done)};
  std::optional<AppendFault> fault;
  {
    const std::lock_guard lock(mutex_);
    fault = take_fault_locked(subject);
    if (fault == AppendFault::held || fault == AppendFault::late) {
      if (fault == AppendFault::late)
        worker_.post([answer = std::exchange(request.done, nullptr)] {
          answer(unknown("no answer to the append came in time"));
        });
      held_.push_back(std::move(request));
      return;
    }
  }
  post_append(std::move(request), fault);
}

void Broker::post_append(Append request, std::optional<AppendFault> fault) {
  worker_.post([this, request = std::move(request), fault] {
    AppendResult result;
    {
      const std::lock_guard lock(mutex_);
      if (!available_ || fault == AppendFault::lost)
        result = unknown("no answer to the append came in time");
      else if (fault == AppendFault::in_flight)
        result = {AppendResult::Outcome::conflict, 0, "wrong last sequence"};
      else if (fault == AppendFault::refused)
        result = {AppendResult::Outcome::refused, 0, "maximum messages exceeded"};
      else
        result = store_locked(request);
      if (fault == AppendFault::answer_lost) result = unknown("the append's answer was lost");
    }
    changed_.notify_all();
    if (request.done) request.done(std::move(result));
  });
}

AppendResult Broker::store_locked(const Append& request) {
  const auto too_large = [this](const std::string& one) { return one.size() > message_bytes_max_; };
  if (std::ranges::any_of(request.commits, too_large))
    return {AppendResult::Outcome::refused, 0, "message size exceeds maximum allowed", true};
  const auto last = stream_locked(request.stream).last_of(request.subject);
  if (last != request.expected)
    return {AppendResult::Outcome::conflict, last, "wrong last sequence: " + std::to_string(last)};
  std::uint64_t sequence = 0;
  for (const auto& bytes : request.commits)
    sequence = publish_locked(request.stream, request.subject, bytes);
  return {AppendResult::Outcome::acknowledged, sequence, {}};
}

std::uint64_t Broker::publish_locked(const std::string& stream, const StoredSubject& subject,
                                     std::string bytes) {
  const auto sequence = streams_[stream].append(subject, std::move(bytes));
  wake_all_locked(stream);
  return sequence;
}

Result<std::uint64_t> Broker::publish(const std::string& stream, const StoredSubject& subject,
                                      std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  if (bytes.size() > message_bytes_max_) return permanent("message size exceeds maximum allowed");
  const auto sequence = publish_locked(stream, subject, std::move(bytes));
  changed_.notify_all();
  return sequence;
}

const Stream& Broker::stream_locked(const std::string& name) const {
  static const Stream empty;
  const auto found = streams_.find(name);
  return found == streams_.end() ? empty : found->second;
}

Result<std::vector<Stored>> Broker::read(const std::string& stream, const Subject& subject,
                                         std::uint64_t after) const {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  return stream_locked(stream).of(subject, after);
}

Result<std::vector<Stored>> Broker::read_before(const std::string& stream, const Subject& subject,
                                                std::uint64_t before, std::size_t max) const {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  return stream_locked(stream).before(subject, before, max);
}

Result<std::vector<Stored>> Broker::read_at(const std::string& stream, const Subject& subject,
                                            const std::vector<std::uint64_t>& sequences) const {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  std::vector<Stored> messages;
  for (const auto sequence : sequences)
    if (const auto* message = stream_locked(stream).find(sequence);
        message != nullptr && message->subject == subject)
      messages.push_back(*message);
  return messages;
}

Result<std::vector<Stored>> Broker::scan(const std::string& stream, std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  return stream_locked(stream).matching(prefix, 0, SIZE_MAX);
}

Result<std::uint64_t> Broker::last_sequence(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  return stream_locked(stream).last_sequence();
}

Result<std::vector<Stored>> Broker::wait_for(const std::string& stream, std::uint64_t after,
                                             std::size_t max,
                                             std::chrono::steady_clock::time_point deadline) const {
  std::unique_lock lock(mutex_);
  const auto last = [&] { return stream_locked(stream).last_sequence(); };
  changed_.wait_until(lock, deadline, [&] { return available_ && last() != after; });
  if (!available_) return away();
  if (last() < after)
    return permanent("stream " + stream + " went back to sequence " + std::to_string(last())
                     + " after " + std::to_string(after) + " had been read");
  return stream_locked(stream).matching({}, after, max);
}

Result<void> Broker::remove(const std::string& stream, std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  streams_[stream].remove(sequence);
  return {};
}

Result<void> Broker::schedule(const std::string& stream, const Subject& armed, const Subject& fired,
                              Time due, std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  cancel_locked(armed);
  due_.emplace(due, armed);
  schedules_.emplace(armed, Schedule{stream, fired, due, std::move(bytes)});
  return {};
}

Result<void> Broker::cancel(const Subject& armed) {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  cancel_locked(armed);
  return {};
}

void Broker::cancel_locked(const Subject& armed) {
  const auto known = schedules_.find(armed);
  if (known == schedules_.end()) return;
  due_.erase({known->second.due, armed});
  schedules_.erase(known);
}

std::optional<Time> Broker::fire_due(Time now) {
  const std::lock_guard lock(mutex_);
  while (!due_.empty() && due_.begin()->first <= now) {
    auto timer = schedules_.extract(due_.begin()->second).mapped();
    due_.erase(due_.begin());
    publish_locked(timer.stream, timer.fired, std::move(timer.bytes));
  }
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

std::optional<AppendFault> Broker::take_fault_locked(const Subject& subject) {
  const auto hit = std::ranges::find_if(
      faults_, [&](const Fault& fault) { return !fault.only || *fault.only == subject; });
  if (hit == faults_.end()) return std::nullopt;
  const auto kind = hit->kind;
  faults_.erase(hit);
  return kind;
}

void Broker::fail_next_append(AppendFault fault, std::optional<Subject> only) {
  const std::lock_guard lock(mutex_);
  faults_.push_back({fault, std::move(only)});
}

void Broker::release_appends() {
  std::deque<Append> released;
  {
    const std::lock_guard lock(mutex_);
    released.swap(held_);
  }
  for (auto& request : released) post_append(std::move(request), std::nullopt);
}

Result<Broker::Facts> Broker::facts(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  const auto recreated = recreated_.find(stream);
  const auto& found = stream_locked(stream);
  return Facts{recreated == recreated_.end() ? 0 : recreated->second, found.last_sequence(),
               found.missing()};
}

Result<std::optional<std::string>> Broker::message(const std::string& stream,
                                                   std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  if (!available_) return away();
  const auto* found = stream_locked(stream).find(sequence);
  return found ? std::optional(found->bytes) : std::nullopt;
}

std::shared_ptr<void> Broker::watch(std::function<void(bool)> changed) {
  const std::lock_guard lock(watchers_mutex_);
  const auto id = ++watchers_made_;
  watchers_.emplace(id, std::move(changed));
  return {this, [id](void* self) {
            auto& broker = *static_cast<Broker*>(self);
            const std::lock_guard forget(broker.watchers_mutex_);
            broker.watchers_.erase(id);
          }};
}

void Broker::recreate(const Token& context, StreamKind kind) {
  {
    const std::lock_guard lock(mutex_);
    const auto name = stream_name(kind, context);
    streams_[name] = {};
    ++recreated_[name];
  }
  changed_.notify_all();
}

void Broker::set_message_bytes_max(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  message_bytes_max_ = bytes;
}

void Broker::flip_bit(const Token& context, std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  streams_[stream_name(StreamKind::events, context)].flip_bit(sequence);
}

void Broker::lose_tail(const Token& context, std::uint64_t commits) {
  {
    const std::lock_guard lock(mutex_);
    streams_[stream_name(StreamKind::events, context)].lose_tail(commits);
  }
  changed_.notify_all();
}

}  // namespace troupe::memory
