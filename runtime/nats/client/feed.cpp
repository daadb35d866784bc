// Implements one nats.c subscription with its handler.
#include "runtime/nats/client/feed.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/nats/client/cork.hpp"

namespace troupe::nats {

thread_local const Feed* Feed::running_here = nullptr;

Feed::Feed(Connection::Subscription what) : what_(std::move(what)) {
  if (what_.bounded) intake_.emplace(what_.bounded->bounds);
}

natsStatus Feed::open(natsConnection* connection) {
  natsSubscription* raw = nullptr;
  const auto* subject = what_.subject.c_str();
  const natsStatus made =
      what_.queue.empty() ? natsConnection_Subscribe(&raw, connection, subject, on_message, this)
                          : natsConnection_QueueSubscribe(&raw, connection, subject,
                                                          what_.queue.c_str(), on_message, this);
  if (made != NATS_OK) return made;
  handle_.reset(raw);
  const natsStatus watched = natsSubscription_SetOnCompleteCB(raw, on_complete, this);
  if (watched != NATS_OK) return watched;
  reports_end_ = true;
  if (!what_.bounded)
    return natsSubscription_SetPendingLimits(raw, -1, Connection::waiting_bytes_max);
  const auto& bounds = what_.bounded->bounds;
  return natsSubscription_SetPendingLimits(
      raw, static_cast<int>(IntakeBounds::full * bounds.messages_max),
      static_cast<int>(IntakeBounds::full * bounds.bytes_max));
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
  what_.handler = nullptr;  // lets go of what it holds
  if (what_.bounded) what_.bounded->refused = nullptr, what_.bounded->overloaded = nullptr;
}

void Feed::on_message(natsConnection*, natsSubscription* subscription, natsMsg* raw,
                      void* closure) {
  auto& self = *static_cast<Feed*>(closure);
  Received message(raw);
  if (self.stopped_) return Cork::let_go();
  Cork::hold();
  running_here = &self;
  self.handle(subscription, std::move(message));
  running_here = nullptr;
  if (self.look(subscription) > 0 && ++self.burst_ < Cork::burst_max) return;
  self.burst_ = 0;
  Cork::let_go();
}

/// Notes what waits, and says how many messages.
std::size_t Feed::look(natsSubscription* subscription) {
  int messages = 0;
  int bytes = 0;
  if (natsSubscription_GetPending(subscription, &messages, &bytes) != NATS_OK) return 0;
  const auto waiting = static_cast<std::size_t>(messages);
  if (!what_.bounded) return waiting;
  const std::lock_guard lock(intake_mutex_);
  intake_->look(waiting > 0 ? std::chrono::steady_clock::now() : SteadyTime{}, waiting,
                static_cast<std::size_t>(bytes));
  return waiting;
}

void Feed::handle(natsSubscription* subscription, Received message) {
  if (!what_.bounded) return what_.handler(std::move(message));
  const auto verdict = judge(message);
  if (verdict == Intake::Verdict::handle) return what_.handler(std::move(message));
  refuse(subscription, std::move(message), verdict);
}

Intake::Verdict Feed::judge(Received& message) {
  const auto now = std::chrono::steady_clock::now();
  const auto* in_flight = what_.bounded->in_flight;
  const bool busy = in_flight != nullptr && in_flight->nearly_full();
  const std::lock_guard lock(intake_mutex_);
  message.set_arrived(intake_->take(now));
  return intake_->judge(message.reply(), now, now - message.arrived(), busy);
}

/// What nobody waits for is not answered either.
void Feed::refuse(natsSubscription* subscription, Received message, Intake::Verdict verdict) {
  const auto& refused = what_.bounded->refused;
  auto& unhandled = *what_.bounded->unhandled;
  if (verdict == Intake::Verdict::refuse && refused && !message.reply().empty()) {
    ++unhandled.refused;
    refused(std::move(message));
  } else {
    ++unhandled.dropped;
  }
  count_dropped(subscription);
  const auto& overloaded = what_.bounded->overloaded;
  const auto now = std::chrono::steady_clock::now();
  if (!overloaded || now - told_at_ < tell_every) return;
  told_at_ = now;
  overloaded();
}

/// By nats.c, above the last bound.
void Feed::count_dropped(natsSubscription* subscription) {
  std::int64_t dropped = 0;
  if (natsSubscription_GetDropped(subscription, &dropped) != NATS_OK) return;
  what_.bounded->unhandled->dropped += static_cast<std::uint64_t>(dropped) - dropped_;
  dropped_ = static_cast<std::uint64_t>(dropped);
}

void Feed::on_complete(void* closure) {
  auto& self = *static_cast<Feed*>(closure);
  Cork::let_go();  // what was pending will not be handled
  const std::lock_guard lock(self.mutex_);
  self.complete_ = true;
  self.ended_.notify_all();
}

}  // namespace troupe::nats
