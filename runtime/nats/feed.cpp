// Implements one nats.c subscription with its handler.
#include "runtime/nats/feed.hpp"

#include "runtime/nats/cork.hpp"
#include "runtime/ports/assert.hpp"

namespace troupe::nats {

thread_local const Feed* Feed::running_here = nullptr;

natsStatus Feed::open(natsConnection* connection, const std::string& subject,
                      const std::string& queue) {
  natsSubscription* raw = nullptr;
  const natsStatus made =
      queue.empty() ? natsConnection_Subscribe(&raw, connection, subject.c_str(), on_message, this)
                    : natsConnection_QueueSubscribe(&raw, connection, subject.c_str(),
                                                    queue.c_str(), on_message, this);
  if (made != NATS_OK) return made;
  handle_.reset(raw);
  const natsStatus watched = natsSubscription_SetOnCompleteCB(raw, on_complete, this);
  if (watched != NATS_OK) return watched;
  reports_end_ = true;
  return natsSubscription_SetPendingLimits(raw, -1, -1);
}

void Feed::begin_drain(std::chrono::milliseconds patience) {
  natsSubscription_DrainTimeout(handle_.get(), patience.count());  // fails when it has begun
}

void Feed::drain(std::chrono::milliseconds patience) {
  begin_drain(patience);
  natsSubscription_WaitForDrainCompletion(handle_.get(), patience.count());
}

void Feed::close() {
  TROUPE_ASSERT(running_here != this, "a subscription is not ended by its own handler");
  stopped_ = true;
  natsSubscription_Unsubscribe(handle_.get());  // fails when it is closed already
  if (!reports_end_) return;                    // it never really was open
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return complete_; });
  handler_ = nullptr;  // lets go of what it holds
}

void Feed::on_message(natsConnection*, natsSubscription* subscription, natsMsg* raw,
                      void* closure) {
  auto& self = *static_cast<Feed*>(closure);
  Received message(raw);
  if (self.stopped_) return Cork::let_go();
  Cork::hold();
  running_here = &self;
  self.handler_(std::move(message));
  running_here = nullptr;
  int more = 0;
  (void)natsSubscription_GetPending(subscription, &more, nullptr);
  if (more > 0 && ++self.burst_ < Cork::burst_max) return;
  self.burst_ = 0;
  Cork::let_go();
}

void Feed::on_complete(void* closure) {
  auto& self = *static_cast<Feed*>(closure);
  Cork::let_go();  // what was pending will not be handled
  const std::lock_guard lock(self.mutex_);
  self.complete_ = true;
  self.ended_.notify_all();
}

}  // namespace troupe::nats
