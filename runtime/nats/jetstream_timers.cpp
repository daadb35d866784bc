// Arms and disarms timers by publishing and purging scheduled messages.
#include "runtime/nats/jetstream_timers.hpp"

#include "runtime/nats/api.hpp"
#include "runtime/nats/rfc3339.hpp"

namespace troupe::nats {

namespace {

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
      {"Nats-Schedule", "@at " + rfc3339(due)},
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
