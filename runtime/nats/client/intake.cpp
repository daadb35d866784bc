#include "runtime/nats/client/intake.hpp"

namespace troupe::nats {

namespace {

bool above(std::size_t value, std::size_t max, double times) {
  return static_cast<double>(value) > times * static_cast<double>(max);
}

}  // namespace

bool Intake::crowded() const {
  return above(messages_, bounds_.messages_max, IntakeBounds::crowded)
         || above(bytes_, bounds_.bytes_max, IntakeBounds::crowded);
}

Intake::Verdict Intake::judge(std::string_view reply, SteadyTime now, std::chrono::nanoseconds age,
                              bool busy) {
  if (!busy && messages_ <= bounds_.messages_max && bytes_ <= bounds_.bytes_max
      && age <= bounds_.age_max)
    return Verdict::handle;
  if (sends_much(reply, now))
    return crowded() ? Verdict::drop : refuse(now, IntakeBounds::refused_of_many_max);
  return crowded() || age > IntakeBounds::old * bounds_.age_max
             ? refuse(now, IntakeBounds::refused_per_window_max)
             : Verdict::handle;
}

bool Intake::sends_much(std::string_view reply, SteadyTime now) {
  if (!senders_ || now - judged_at_ > IntakeBounds::forgotten_after)
    senders_ = std::make_unique<Senders>();
  judged_at_ = now;
  return senders_->sends_much(reply);
}

Intake::Verdict Intake::refuse(SteadyTime now, std::size_t most) {
  if (now - window_began_ >= IntakeBounds::window) {
    window_began_ = now;
    refused_ = 0;
  }
  if (refused_ >= most) return Verdict::drop;
  ++refused_;
  return Verdict::refuse;
}

void Intake::look(SteadyTime now, std::size_t messages, std::size_t bytes) {
  arrivals_.look(now, messages);
  messages_ = messages;
  bytes_ = bytes;
}

}  // namespace troupe::nats
