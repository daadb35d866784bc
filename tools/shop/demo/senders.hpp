// The two ways of a command: over NATS, and straight to a node in this process.
#pragma once

#include "runtime/nats/requests/command_client.hpp"
#include "tools/shop/demo/command_sender.hpp"

namespace troupe::tool {

/// What a reply says, in the terms of the ports.
Outcome outcome_of(const nats::ClientReply& reply);

class NatsSender final : public CommandSender {
public:
  explicit NatsSender(nats::Connection& connection) : client_(connection) {}
  Outcome send(const Wish& wish, std::chrono::milliseconds timeout) override;

private:
  nats::CommandClient client_;
};

class BusSender final : public CommandSender {
public:
  explicit BusSender(CommandBus& bus) : bus_(bus) {}
  Outcome send(const Wish& wish, std::chrono::milliseconds timeout) override;

private:
  CommandBus& bus_;
};

}  // namespace troupe::tool
