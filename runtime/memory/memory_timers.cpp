// Schedules on the broker, and a look at them whenever one may be due.
#include "runtime/memory/memory_timers.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace troupe::memory {

struct MemoryTimers::Firing {
  std::mutex mutex;
  Broker& broker;
  const Clock* clock;           ///< null once the timers are gone
  const bool waits;             ///< for the next due time; otherwise somebody says when to look
  std::optional<Time> planned;  ///< the next look

  Firing(Broker& at, const Clock& by, bool by_itself) : broker(at), clock(&by), waits(by_itself) {}

  static void look(const std::shared_ptr<Firing>& self) {
    const std::lock_guard lock(self->mutex);
    if (self->clock == nullptr) return;
    const auto now = self->clock->now();
    const auto next = self->broker.fire_due(now);
    if (next && self->waits && (!self->planned || *next < *self->planned)) plan(self, now, *next);
  }

  static void plan(const std::shared_ptr<Firing>& self, Time now, Time next) {
    self->planned = next;
    // What is far away is looked at now and then: no clock counts up to it.
    const auto wait = std::min<std::chrono::milliseconds>(next - now, std::chrono::hours(24));
    self->broker.worker().post_at(std::chrono::steady_clock::now() + wait, [self, next] {
      {
        const std::lock_guard lock(self->mutex);
        if (self->planned == next) self->planned.reset();
      }
      look(self);
    });
  }
};

MemoryTimers::MemoryTimers(Broker& broker, const Clock& clock)
    : broker_(broker), firing_(std::make_shared<Firing>(broker, clock, true)) {
  broker_.worker().post([firing = firing_] { Firing::look(firing); });
}

MemoryTimers::MemoryTimers(Broker& broker, ManualClock& clock)
    : broker_(broker),
      firing_(std::make_shared<Firing>(broker, clock, false)),
      manual_clock_(&clock) {
  listener_ = clock.on_advance([&worker = broker.worker(), firing = firing_] {
    worker.post([firing] { Firing::look(firing); });
  });
  broker_.worker().post([firing = firing_] { Firing::look(firing); });
}

MemoryTimers::~MemoryTimers() {
  if (manual_clock_ != nullptr) manual_clock_->ignore(listener_);
  const std::lock_guard lock(firing_->mutex);
  firing_->clock = nullptr;
}

void MemoryTimers::arm(const Instance& instance, const Token& name, Time due, std::string record,
                       Done done) {
  broker_.worker().post([&broker = broker_, firing = firing_, instance, name, due,
                         record = std::move(record), done = std::move(done)]() mutable {
    auto armed = broker.schedule(stream_name(StreamKind::timers, instance.context),
                                 Subject::timer_armed(instance, name),
                                 Subject::timer_fired(instance, name), due, std::move(record));
    if (armed) Firing::look(firing);
    done(std::move(armed));
  });
}

void MemoryTimers::disarm(const Instance& instance, const Token& name, Done done) {
  broker_.worker().post([&broker = broker_, armed = Subject::timer_armed(instance, name),
                         done = std::move(done)] { done(broker.cancel(armed)); });
}

}  // namespace troupe::memory
