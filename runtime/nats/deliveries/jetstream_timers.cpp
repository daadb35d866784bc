// Arms and disarms timers by publishing and purging scheduled messages.
#include "runtime/nats/deliveries/jetstream_timers.hpp"

#include <algorithm>

#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/wire/rfc3339.hpp"

namespace troupe::nats {

namespace {

/// JetStream counts nanoseconds in 64 bits and takes what is beyond 2262 for past. Whoever is given
/// such a timer before its time arms it again.
constexpr Time due_max{std::chrono::sys_days(std::chrono::year(2262) / 1 / 1)};

/// `done` gets what JetStream said, less the numbers.
std::function<void(const ApiResult&)> told(Timers::Done done) {
  return [done = std::move(done)](const ApiResult& answer) {
    if (answer) return done({});
    done(tl::make_unexpected(Failure(answer.error())));
  };
}

}  // namespace

void JetStreamTimers::arm(const Instance& instance, const Token& name, Time due, std::string record,
                          Done done) {
  const Headers schedule = {
      {"Nats-Schedule", "@at " + rfc3339(std::clamp(due, Time{}, due_max))},
      {"Nats-Schedule-Target", Subject::timer_fired(instance, name).str()},
  };
  connection_.request(Subject::timer_armed(instance, name).str(), schedule, record, api_timeout,
                      [told = told(std::move(done))](const Reply& reply) {
                        told(read_api_reply("arming a timer", reply));
                      });
}

void JetStreamTimers::disarm(const Instance& instance, const Token& name, Done done) {
  ask_api(connection_, "STREAM.PURGE." + stream_name(StreamKind::timers, instance.context),
          {{"filter", Subject::timer_armed(instance, name).str()}}, told(std::move(done)));
}

}  // namespace troupe::nats
