// Where commands for a slot of this node come in, and where those for other nodes' slots go.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/ports/command_bus.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

/// Thread safety: any method from any thread.
class SlotIngress {
public:
  virtual ~SlotIngress() = default;

  /// Whether commands for any slot may come in here, to be sent on to their owners. They may at
  /// first. Blocks shortly; a failure to open is one of the world.
  virtual Result<void> open_to_all(const Token& context, bool open) = 0;

  /// From now on commands for the slot reach this node. Blocks until whoever asks is heard.
  virtual Result<void> open(const Token& context, std::uint32_t slot) = 0;
  /// Takes no more of them; those received already are handed on. Blocks shortly, for many slots
  /// hardly longer than for one.
  virtual void close(const Token& context, const std::vector<std::uint32_t>& slots) = 0;
};

/// The owners of other slots. Thread safety: any thread.
class SlotOwners {
public:
  virtual ~SlotOwners() = default;

  /// Hands the command to whoever owns the slot; 503 when nobody does. `answered` runs once.
  virtual void send(std::uint32_t slot, Command command, CommandBus::Answered answered) = 0;
};

/// For a node that is alone.
class NoOtherNodes final : public SlotIngress, public SlotOwners {
public:
  Result<void> open_to_all(const Token&, bool) override { return {}; }
  Result<void> open(const Token&, std::uint32_t) override { return {}; }
  void close(const Token&, const std::vector<std::uint32_t>&) override {}
  void send(std::uint32_t slot, Command command, CommandBus::Answered answered) override {
    answered(Rejected{RejectionCode::unavailable, "slot " + std::to_string(slot) + " of "
                                                      + command.instance.context.str()
                                                      + " is held by another node"});
  }
};

}  // namespace troupe
