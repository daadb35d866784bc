// Takes the commands of one context from NATS to the command bus, and the outcomes back.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/in_flight.hpp"
#include "runtime/nats/service/responder.hpp"
#include "runtime/nats/wire/incoming.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/conditions.hpp"

namespace troupe::nats {

/// Commands come on cmd.<context>.>, where any node may take them, and on slot.<context>.<slot>.>,
/// where this node takes those of the slots it owns. Subscriptions' threads read and check; the
/// outcome comes back on any thread. Thread safety: any method from any thread.
/// REQUIRES: everything it is given outlives every command that is in flight.
class CommandIngress {
public:
  /// `slots_connection`: for the slots' subscriptions, of which there are many. Over
  /// `in_flight_max`, or in_flight_bytes_max, the answer is 429 before anything is read.
  /// `another_program`: whether one runs the context on other nodes.
  CommandIngress(Responder& responder, Connection& slots_connection, const ContextModel& context,
                 std::uint32_t slots, std::size_t in_flight_max, CommandBus& bus,
                 std::function<bool()> another_program, const Clock& clock, Conditions& conditions);
  static constexpr std::size_t in_flight_bytes_max = 16 * 1'024 * 1'024;

  /// Takes any node's commands, unless that was closed before.
  Result<void> start();
  /// Whether it does. What was received already is handed on.
  Result<void> open_to_all(bool open);
  /// Takes no new commands. Blocks at most `patience`.
  void drain(std::chrono::milliseconds patience);

  Result<void> open_slot(std::uint32_t slot);
  void close_slots(const std::vector<std::uint32_t>& slots);

  /// Commands that are taken and not answered.
  InFlight& in_flight() { return in_flight_; }
  const Unhandled& unhandled() const { return *unhandled_; }

  /// One per aggregate type.
  const std::deque<Endpoint>& endpoints() const { return endpoints_; }

private:
  /// By which slot's subject a command came, if by one.
  using Slot = std::optional<std::uint32_t>;

  /// `slot`: by whose subject it came.
  void on(const Received& message, std::string_view subject, Slot slot);
  Result<void> subscribe_to_all();
  Read<Command> read(const Received& message, std::string_view subject, Slot slot, Call& call);
  void send(Command command, Call call, bool id_is_ours, std::size_t bytes);
  void refuse(const Received& message, Slot slot) const;
  /// What is wrong with a command for this instance on that slot's subject, or nothing.
  std::string misrouted(const Instance& instance, std::uint32_t slot);

  /// What was received for a slot that is closed may take so long to be handed on.
  static constexpr std::chrono::milliseconds drain_patience{500};
  /// One who sends to the wrong slot once does not keep the node unready for ever.
  static constexpr std::chrono::milliseconds misrouted_for{30'000};

  Responder& responder_;
  Connection& slots_connection_;
  const std::uint32_t slot_count_;
  const ContextModel& context_;
  CommandBus& bus_;
  const std::function<bool()> another_program_;
  const Clock& clock_;
  Conditions& conditions_;
  const Outgoing overloaded_;
  const Outgoing overloaded_slot_;
  InFlight in_flight_;
  const std::shared_ptr<Unhandled> unhandled_ = std::make_shared<Unhandled>();
  std::deque<Endpoint> endpoints_;
  std::map<const AggregateModel*, Endpoint*> endpoint_of_;
  // Last: their callbacks use the others.
  std::mutex to_all_mutex_;  // guards the three below; held while NATS is told
  bool started_ = false;
  bool open_to_all_ = true;
  std::unique_ptr<Connection::Subscribed> to_all_;
  std::mutex mutex_;  // guards slots_
  std::map<std::uint32_t, std::unique_ptr<Connection::Subscribed>> slots_;
};

}  // namespace troupe::nats
