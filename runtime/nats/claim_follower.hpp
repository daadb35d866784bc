// Hears every claim of a context as soon as it is recorded.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <variant>

#include "runtime/nats/api.hpp"
#include "runtime/nats/connection.hpp"
#include "runtime/nats/mailbox.hpp"
#include "runtime/ports/claims.hpp"

namespace troupe::nats {

/// An ephemeral push consumer that starts with the last message of each subject. At a gap, after a
/// silence and after every reconnect a new one is made: what counts is the last claim of each slot,
/// so nothing is ever missed for longer than that takes.
class ClaimFollower final : public Subscription {
public:
  ClaimFollower(Connection& connection, const Token& context, ClaimHandler& handler);
  ~ClaimFollower() override;

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
  void tell(const Received& message, std::uint64_t epoch);

  Connection& connection_;
  const std::string context_;
  ClaimHandler& handler_;
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
