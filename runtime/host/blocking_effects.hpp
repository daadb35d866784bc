// Calls that block, on threads of their own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <troupe/port.hpp>
#include "runtime/base/steady_time.hpp"
#include "runtime/ports/effects.hpp"

namespace troupe::host {

/// A call's time-out counts from when it is given to this. It waits until a thread is free; when
/// less than half of its time is left by then it is not made. One that takes longer has failed,
/// retryable, and keeps its thread until it returns. While all threads are kept so, no call is
/// made. Thread safe.
class BlockingEffects final : public Effects {
public:
  /// May throw: then the call has failed, retryable.
  using Perform = std::function<Result<MessagePtr>(const EffectCall&)>;

  /// A call that ends itself in time is given so much longer.
  static constexpr std::chrono::milliseconds grace{500};

  /// Starts its threads as they are needed.
  explicit BlockingEffects(Perform perform, std::size_t threads_max = port_threads_max,
                           std::size_t waiting_max = port_waiting_max);
  ~BlockingEffects() override;  ///< waits for the calls that run; those that wait are not made

  void call(EffectCall call, Done done) override;

private:
  struct Job {
    EffectCall call;
    Done done;
    SteadyTime until{};
    bool overdue = false;
  };
  using SharedJob = std::shared_ptr<Job>;

  void work();
  Result<MessagePtr> perform(const EffectCall& call) const;
  void watch();
  struct Ended {
    Done done;
    bool was_made = true;
  };
  /// Those whose calls have now failed, or will not be made.
  std::vector<Ended> end_overdue(SteadyTime now);
  SteadyTime next_look() const;

  const Perform perform_;
  const std::size_t threads_max_;
  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<SharedJob> waiting_;     // this and what follows under mutex_
  std::vector<SharedJob> running_;    //
  std::size_t idle_ = 0;              // threads
  std::size_t overdue_ = 0;           // of running_
  bool stopping_ = false;             //
  bool stopped_ = false;              // nothing runs any more
  std::vector<std::thread> threads_;  //
  std::thread watching_;              // last: it runs from construction
};

}  // namespace troupe::host
