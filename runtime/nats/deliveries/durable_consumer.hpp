// A durable consumer with one active handler in the whole system, delivered in order.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "runtime/base/mailbox.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/jetstream/consumer_api.hpp"
#include "runtime/nats/log/ack_pending.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe::nats {

/// Lives on a thread of its own, which alone calls the handler; callbacks of the connection only
/// leave it a message.
///
/// JetStream pins one of the pullers that ask for it and gives messages to that one only. A pin is
/// not an order: what an earlier puller had in hand comes again later, behind newer messages.
/// Therefore whoever becomes active first resets the consumer to its ack floor, on an inbox that
/// nothing older can reach, and counts the deliveries: a gap means that somebody else got one, and
/// starts over.
///
/// JetStream pins nobody while it has nothing to deliver, and what a dead puller had in hand it
/// keeps back for the whole ack_wait. So those who wait look once per `check_interval` whether
/// nobody is pinned while deliveries are unacknowledged, and if so reset on the dead one's behalf.
class DurableConsumer final : public Subscription {
public:
  DurableConsumer(Connection& connection, ConsumerSettings settings, DeliveryHandler& handler);
  ~DurableConsumer() override;

private:
  using Moment = std::chrono::steady_clock::time_point;

  enum class Phase {
    detached,   ///< no connection, or the consumer could not be made sure of yet
    waiting,    ///< somebody else is active, or nobody because there is nothing to deliver
    resetting,  ///< the reset is on its way: as the pinned one, or on behalf of a dead one
    active,
  };

  // What comes from other threads. `attempt` tells answers to what is over by now.
  struct ConnectionChanged {
    bool connected;
  };
  struct Created {
    std::uint64_t attempt;
    ApiResult answer;
  };
  struct Checked {
    std::uint64_t attempt;
    ApiResult answer;
  };
  struct ResetDone {
    std::uint64_t attempt;
    ApiResult answer;
  };
  struct Came {
    std::uint64_t attempt;
    Received message;
  };
  using Input = std::variant<ConnectionChanged, Created, Checked, ResetDone, Came>;

  void run();
  Moment next_deadline() const;
  void at_deadlines();

  void on(ConnectionChanged change);
  void on(const Created& created);
  void on(const Checked& checked);
  void on(const ResetDone& done);
  void on(Came came);
  void on_status(int status, std::string_view description);
  void on_message(const Received& message);

  /// Starts over after `delay`: creates the consumer where it is missing, then waits.
  void detach(std::chrono::milliseconds delay);
  void attach();
  void wait_for_pin();
  /// `pin` empty: on behalf of a dead one, to wait again afterwards.
  void reset(std::string pin);
  void activate(std::uint64_t floor);
  bool open_inbox();
  void does_not_start(const Failure& failure);
  void tell(std::string why_not);
  void pull();
  void check();
  void hand_out(const Received& message, const DeliveryFacts& facts);
  template <class Answer>
  void ask(std::string_view verb, const nlohmann::json& body);

  Connection& connection_;
  const ConsumerSettings settings_;
  DeliveryHandler& handler_;
  const std::shared_ptr<Mailbox<Input>> mailbox_ = std::make_shared<Mailbox<Input>>();
  const std::shared_ptr<AckPending> ack_pending_;

  // Of the thread.
  Phase phase_ = Phase::detached;
  std::uint64_t attempt_ = 0;
  std::uint64_t generation_ = 0;
  std::string pin_;
  bool pin_hidden_ = false;  ///< a message came whose headers do not tell the pin: it is asked for
  std::string inbox_;
  std::unique_ptr<Connection::Subscribed> inbox_subscription_;
  std::uint64_t delivered_ = 0;        ///< consumer sequence of the last delivery
  std::uint64_t last_sequence_ = 0;    ///< stream sequence of the last one handed out
  std::size_t pulled_ = 0;             ///< that may still come for the last pull
  std::optional<Moment> fails_since_;  ///< it does not start
  std::string why_not_;                ///< as the handler was told last
  std::size_t batch_max_ = SIZE_MAX;
  std::chrono::nanoseconds expires_max_ = std::chrono::nanoseconds::max();
  Moment attach_at_ = Moment::max();
  Moment pull_at_ = Moment::max();
  Moment check_at_ = Moment::max();
  Moment progress_at_ = Moment::max();
  Moment silent_at_ = Moment::max();

  std::shared_ptr<void> watch_;
  std::thread thread_;  // last member: uses all others
};

}  // namespace troupe::nats
