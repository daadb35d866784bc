// Sends a command to the node that owns its slot.
#pragma once

#include "runtime/nats/requests/command_client.hpp"
#include "runtime/ports/slot_ingress.hpp"

namespace troupe::nats {

/// As any client would, on the owner's own subject, within the command's deadline. Bounds nothing:
/// whoever sends bounds what it has in flight.
class RequestSlotOwners final : public SlotOwners {
public:
  /// REQUIRES: `connection` outlives every answer.
  explicit RequestSlotOwners(Connection& connection) : client_(connection) {}

  void send(std::uint32_t slot, Command command, CommandBus::Answered answered) override;

private:
  CommandClient client_;
};

}  // namespace troupe::nats
