// Implements the table of outstanding requests: one thread waits for the earliest deadline.
#include "runtime/nats/client/outstanding.hpp"

#include <algorithm>

namespace troupe::nats {

Outstanding::Outstanding() : thread_([this] { run(); }) {}

Outstanding::~Outstanding() {
  end_all();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

std::uint64_t Outstanding::add(std::chrono::milliseconds timeout, Connection::Next next) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = numbers_.next();  // would meet an earlier one in millions of years
  insert(number, {std::move(next), timeout, losses_, Clock::now() + timeout});
  return number;
}

void Outstanding::answer(std::uint64_t number, Reply reply) {
  std::optional<Request> request;
  {
    const std::lock_guard lock(mutex_);
    request = take(number);
  }
  if (!request) return;  // too late, or more than was asked for

  const bool last = reply.status != Reply::Status::answered;
  const bool wants_more = request->next(std::move(reply)) && !last;
  if (!wants_more) return;

  const std::lock_guard lock(mutex_);
  if (request->losses != losses_) {
    hand_to_thread(std::move(request->next), Reply::Status::disconnected);
    return;
  }
  request->deadline = Clock::now() + request->timeout;
  insert(number, std::move(*request));
}

void Outstanding::end(std::uint64_t number, Reply::Status status) {
  const std::lock_guard lock(mutex_);
  if (auto request = take(number)) hand_to_thread(std::move(request->next), status);
}

void Outstanding::end_all() {
  const std::lock_guard lock(mutex_);
  ++losses_;
  for (auto& [number, request] : requests_)
    hand_to_thread(std::move(request.next), Reply::Status::disconnected);
  requests_.clear();
  deadlines_.clear();
}

void Outstanding::insert(std::uint64_t number, Request request) {
  const auto deadline = request.deadline;
  auto& same_timeout = deadlines_[request.timeout];
  while (!same_timeout.empty() && !waits(same_timeout.front())) same_timeout.pop_front();
  same_timeout.push_back({deadline, number});
  requests_.emplace(number, std::move(request));
  wake_at(deadline);
}

bool Outstanding::waits(const Waiting& waiting) const {
  const auto found = requests_.find(waiting.number);
  return found != requests_.end() && found->second.deadline == waiting.deadline;
}

Outstanding::Clock::time_point Outstanding::earliest_deadline() {
  auto earliest = Clock::time_point::max();
  for (auto timeout = deadlines_.begin(); timeout != deadlines_.end();) {
    auto& waiting = timeout->second;
    while (!waiting.empty() && !waits(waiting.front())) waiting.pop_front();
    if (!waiting.empty()) earliest = std::min(earliest, waiting.front().deadline);
    timeout = waiting.empty() ? deadlines_.erase(timeout) : std::next(timeout);
  }
  return earliest;
}

void Outstanding::end_overdue(Clock::time_point now) {
  for (auto& [timeout, waiting] : deadlines_)
    for (; !waiting.empty() && waiting.front().deadline <= now; waiting.pop_front())
      if (waits(waiting.front()))
        ended_.push_back({std::move(take(waiting.front().number)->next), Reply::Status::timed_out});
}

std::optional<Outstanding::Request> Outstanding::take(std::uint64_t number) {
  const auto found = requests_.find(number);
  if (found == requests_.end()) return std::nullopt;
  Request request = std::move(found->second);
  requests_.erase(found);
  return request;
}

void Outstanding::hand_to_thread(Connection::Next next, Reply::Status status) {
  ended_.push_back({std::move(next), status});
  wake_at(Clock::time_point::min());
}

// A thread that wakes early anyway is left alone: at load most requests are answered long before
// their deadline, and waking it for each would cost a system call.
void Outstanding::wake_at(Clock::time_point when) {
  if (when >= wakes_at_) return;
  wakes_at_ = when;
  changed_.notify_one();
}

void Outstanding::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    end_overdue(Clock::now());
    if (!ended_.empty()) {
      auto ended = std::exchange(ended_, {});
      wakes_at_ = Clock::time_point::min();
      lock.unlock();
      for (const auto& [next, status] : ended) next({status, {}});
      ended.clear();  // what callbacks hold goes without the lock, too
      lock.lock();
      continue;
    }
    if (stopping_) return;

    wakes_at_ = earliest_deadline();
    if (wakes_at_ == Clock::time_point::max())
      changed_.wait(lock);
    else
      changed_.wait_until(lock, wakes_at_);
  }
}

}  // namespace troupe::nats
