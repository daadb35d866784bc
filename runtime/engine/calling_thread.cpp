#include "runtime/engine/calling_thread.hpp"

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

void CallingThread::run() {
  if (woken_.empty()) return;
  const Running from_here;
  for (std::size_t i = 0; i < woken_.size(); ++i) {
    auto* job = woken_[i];
    switch (job->resume(this, messages_max)) {
      case caf::resumable::resume_later:
        system().scheduler().enqueue(job);
        break;
      case caf::resumable::done:
      case caf::resumable::awaiting_message:
        caf::intrusive_ptr_release(job);
        break;
      case caf::resumable::shutdown_execution_unit:
        break;
    }
  }
  woken_.clear();
}

}  // namespace troupe::engine
