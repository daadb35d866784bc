// Hears what is recorded in stream CTL as soon as it is there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>

#include "runtime/base/mailbox.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe::nats {

/// An ephemeral push consumer that starts with the last message of each subject. At a gap, after a
/// silence and after every reconnect a new one is made: what counts is the last record of each
/// subject, so nothing is ever missed for longer than that takes.
class ControlFollower final : public Subscription {
public:
  /// Called by one thread, which is the follower's own.
  struct Told {
    std::function<void(const Received& record, std::uint64_t sequence)> record;
    /// Everything that was there has been told; once for every consumer.
    std::function<void()> caught_up;
  };

  /// `filter`: subjects of CTL, such as ctl.billing.*.
  ControlFollower(Connection& connection, std::string filter, Told told);
  ~ControlFollower() override;

private:
  using Moment = std::chrono::steady_clock::time_point;

  struct ConnectionChanged {
    bool connected;
  };
  struct Created {
    std::uint64_t attempt;
    ApiResult answer;
  };
  struct Came {
    std::uint64_t attempt;
    Received message;
  };
  using Input = std::variant<ConnectionChanged, Created, Came>;

  void run();
  void on(ConnectionChanged change);
  void on(const Created& created);
  void on(const Came& came);
  void begin();
  void begin_again(std::chrono::milliseconds delay);

  Connection& connection_;
  const std::string filter_;
  const Told told_;
  const std::shared_ptr<Mailbox<Input>> mailbox_ = std::make_shared<Mailbox<Input>>();

  // Of the thread.
  std::uint64_t attempt_ = 0;
  std::unique_ptr<Connection::Subscribed> inbox_;
  std::uint64_t heard_ = 0;                // messages of this consumer
  std::uint64_t first_ones_ = UINT64_MAX;  // so many were there when it was made
  bool complained_ = false;
  Moment begin_at_ = Moment::max();
  Moment silent_at_ = Moment::max();

  std::shared_ptr<void> watch_;
  std::thread thread_;  // last member: uses all others
};

}  // namespace troupe::nats
