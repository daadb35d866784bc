#include "runtime/host/blocking_effects.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/base/thrown.hpp"

namespace troupe::host {

using std::chrono::steady_clock;

BlockingEffects::BlockingEffects(Perform perform, std::size_t threads_max, std::size_t waiting_max)
    : perform_(std::move(perform)),
      threads_max_(threads_max),
      waiting_max_(waiting_max),
      watching_([this] { watch(); }) {}

BlockingEffects::~BlockingEffects() {
  std::deque<SharedJob> dropped;
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(waiting_);
    threads.swap(threads_);
    if (overdue_ > 0)
      spdlog::warn(
          "{} calls to the outside world are long over their time-outs; the node waits "
          "until their port returns.",
          overdue_);
  }
  changed_.notify_all();
  for (const auto& job : dropped) job->done(not_made("the node is stopping"));
  for (auto& thread : threads) thread.join();
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  watching_.join();
}

void BlockingEffects::call(EffectCall call, Done done) {
  std::string why_not;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_)
      why_not = "the node is stopping";
    else if (overdue_ == threads_max_)
      why_not = "no call of the effect " + call.effect + " comes back";
    else if (waiting_.size() >= waiting_max_)
      why_not = "too many calls of the effect " + call.effect + " wait to be made";
    if (why_not.empty()) {
      waiting_.push_back(std::make_shared<Job>(Job{std::move(call), std::move(done)}));
      waiting_.back()->until = steady_clock::now() + waiting_.back()->call.timeout;
      if (idle_ < waiting_.size() && threads_.size() < threads_max_)
        threads_.emplace_back([this] { work(); });
    }
  }
  if (!why_not.empty()) return done(not_made(std::move(why_not)));
  changed_.notify_all();
}

void BlockingEffects::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (stopping_) return;
    const auto job = std::move(waiting_.front());
    waiting_.pop_front();
    const auto left =
        std::chrono::floor<std::chrono::milliseconds>(job->until - steady_clock::now());
    if (left < job->call.timeout / 2) {
      lock.unlock();
      job->done(not_made("the call waited so long for its turn that too little time was left"));
      lock.lock();
      continue;
    }
    job->call.timeout = left;
    job->until += grace;
    running_.push_back(job);
    lock.unlock();
    changed_.notify_all();
    auto result = perform(job->call);
    lock.lock();
    std::erase(running_, job);
    if (job->overdue) {
      --overdue_;
      continue;
    }
    lock.unlock();
    job->done(std::move(result));
    lock.lock();
  }
}

Result<MessagePtr> BlockingEffects::perform(const EffectCall& call) const {
  try {
    return perform_(call);
  } catch (...) {
    return retryable("the port of the effect " + call.effect
                     + " threw: " + engine::what_was_thrown());
  }
}

void BlockingEffects::watch() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto ended = end_overdue(steady_clock::now());
    if (ended.empty()) {
      changed_.wait_until(lock, next_look());
      continue;
    }
    lock.unlock();
    for (const auto& [done, was_made] : ended)
      done(was_made ? retryable("the port took longer than its time-out")
                    : not_made("no call of this effect comes back"));
    lock.lock();
  }
}

std::vector<BlockingEffects::Ended> BlockingEffects::end_overdue(SteadyTime now) {
  std::vector<Ended> ended;
  for (const auto& job : running_) {
    if (job->overdue || job->until > now) continue;
    job->overdue = true;
    ++overdue_;
    ended.push_back({std::move(job->done)});
  }
  if (overdue_ < threads_max_) return ended;
  for (const auto& job : waiting_) ended.push_back({std::move(job->done), false});
  waiting_.clear();
  return ended;
}

/// Far away when nothing runs: whoever starts something wakes the watch.
SteadyTime BlockingEffects::next_look() const {
  auto next = steady_clock::now() + std::chrono::hours(1);
  for (const auto& job : running_)
    if (!job->overdue) next = std::min(next, job->until);
  return next;
}

}  // namespace troupe::host
