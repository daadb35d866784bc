// Durable consumers of the in-memory JetStream: who is active, and what comes next.
#include <utility>

#include "runtime/memory/broker.hpp"

namespace troupe::memory {

/// A handler's place at a durable consumer.
class Broker::Subscribed final : public Subscription {
public:
  Subscribed(Broker& broker, std::shared_ptr<Durable> durable, std::shared_ptr<Member> member)
      : broker_(broker), durable_(std::move(durable)), member_(std::move(member)) {}
  ~Subscribed() override {
    member_->end();
    broker_.leave(durable_, member_);
  }

private:
  Broker& broker_;
  const std::shared_ptr<Durable> durable_;
  const std::shared_ptr<Member> member_;
};

std::unique_ptr<Subscription> Broker::subscribe(DurableOptions options, DeliveryHandler& handler) {
  auto member = std::make_shared<Member>(handler);
  std::shared_ptr<Durable> durable;
  {
    const std::lock_guard lock(mutex_);
    auto& known = durables_[options.stream + " " + options.name];
    const auto in_flight_max = options.in_flight_max;
    if (known == nullptr) known = std::make_shared<Durable>(std::move(options));
    known->join(member, in_flight_max);
    durable = known;
  }
  wake(durable);
  return std::make_unique<Subscribed>(*this, std::move(durable), std::move(member));
}

void Broker::leave(const std::shared_ptr<Durable>& durable, const std::shared_ptr<Member>& member) {
  {
    const std::lock_guard lock(mutex_);
    durable->leave(member);
  }
  wake(durable);
}

void Broker::wake(std::shared_ptr<Durable> durable) {
  worker_.post([this, durable = std::move(durable)] { pump(durable); });
}

void Broker::wake_all_locked(std::string_view stream) {
  for (const auto& [name, durable] : durables_)
    if (stream.empty() || durable->options().stream == stream) wake(durable);
}

/// One step, so that other requests come between two deliveries as they would on a network.
void Broker::pump(const std::shared_ptr<Durable>& durable) {
  std::shared_ptr<Member> member;
  std::uint64_t generation = 0;
  std::optional<Stored> message;
  bool twice = false;
  {
    const std::lock_guard lock(mutex_);
    member = durable->active();
    if (!available_ || member == nullptr) return;
    if (durable->needs_activation()) {
      durable->activate(++generation_);
    } else {
      message = durable->take(stream_locked(durable->options().stream));
      if (!message) return;
    }
    generation = durable->generation();
    twice = duplicates_;
  }
  member->call([&](DeliveryHandler& handler) {
    if (!message) return handler.activated(generation);
    handler.deliver(delivery_of(durable, *message, generation));
    if (twice) handler.deliver(delivery_of(durable, *message, generation));
  });
  wake(durable);
}

Delivery Broker::delivery_of(const std::shared_ptr<Durable>& durable, const Stored& message,
                             std::uint64_t generation) {
  return {generation, message.sequence, message.subject, message.bytes,
          [this, durable, generation, sequence = message.sequence] {
            acknowledge(durable, generation, sequence);
          }};
}

void Broker::acknowledge(const std::shared_ptr<Durable>& durable, std::uint64_t generation,
                         std::uint64_t sequence) {
  {
    const std::lock_guard lock(mutex_);
    if (!available_ || !durable->acknowledge(generation, sequence)) return;
    const auto& options = durable->options();
    if (options.removes_acknowledged) streams_[options.stream].remove(sequence);
  }
  wake(durable);
}

void Broker::set_available(bool available) {
  {
    const std::lock_guard lock(mutex_);
    if (available_ == available) return;
    available_ = available;
  }
  changed_.notify_all();
  if (available) reactivate();
}

void Broker::set_connected(bool connected) {
  const std::lock_guard lock(watchers_mutex_);
  connected_ = connected;
  for (const auto& [id, changed] : watchers_) changed(connected);
}

void Broker::reactivate() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, durable] : durables_) durable->ask_activation();
  wake_all_locked();
}

void Broker::redeliver_backwards() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, durable] : durables_) durable->redeliver_backwards();
  wake_all_locked();
}

void Broker::duplicate_deliveries(bool on) {
  const std::lock_guard lock(mutex_);
  duplicates_ = on;
}

std::vector<Broker::Waiting> Broker::waiting(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  std::vector<Waiting> all;
  for (const auto& [key, durable] : durables_)
    if (durable->options().stream == stream)
      all.push_back({.consumer = durable->options().name,
                     .undelivered = durable->undelivered(stream_locked(stream)),
                     .unacknowledged = durable->unacknowledged(),
                     .in_flight_max = durable->options().in_flight_max,
                     .floor = durable->floor()});
  return all;
}

std::vector<Subject> Broker::armed(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  std::vector<Subject> all;
  for (const auto& [subject, schedule] : schedules_)
    if (schedule.stream == stream) all.push_back(subject);
  return all;
}

}  // namespace troupe::memory
