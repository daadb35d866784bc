#include "runtime/engine/instances/calling_thread.hpp"

namespace troupe::engine {

namespace {

thread_local bool running = false;

/// Until its end this thread runs actors.
struct Running {
  Running() { running = true; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { running = false; }
};

}  // namespace

CallingThread::CallingThread(caf::actor_system& system) : caf::execution_unit(&system) {}

bool CallingThread::runs_actors() { return running; }

void CallingThread::exec_later(caf::resumable* job) {
  if (running || woken_ != nullptr)
    system().scheduler().enqueue(job);
  else
    woken_ = job;
}

void CallingThread::run() {
  if (woken_ == nullptr) return;
  auto* const job = std::exchange(woken_, nullptr);
  const Running from_here;
  switch (job->resume(this, messages_max)) {
    case caf::resumable::resume_later:
      return system().scheduler().enqueue(job);
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
      return caf::intrusive_ptr_release(job);
    case caf::resumable::shutdown_execution_unit:
      return;
  }
}

}  // namespace troupe::engine
