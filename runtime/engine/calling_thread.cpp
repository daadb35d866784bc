#include "runtime/engine/calling_thread.hpp"

namespace troupe::engine {

namespace {

thread_local CallingThread* running = nullptr;

}  // namespace

CallingThread::CallingThread(caf::actor_system& system) : caf::execution_unit(&system) {}

/// Whoever is running actors on this thread takes the job, unless it is of another system: that
/// one's scheduler takes it then.
caf::execution_unit* CallingThread::runner() {
  if (running == nullptr) return this;
  return &running->system() == &system() ? running : nullptr;
}

void CallingThread::run() {
  if (running != nullptr) return;
  running = this;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    auto* job = jobs_[i];
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
  jobs_.clear();
  running = nullptr;
}

}  // namespace troupe::engine
