// Commands that events ask for: their ids, and what their outcomes mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"
#include "runtime/ports/command_bus.hpp"

namespace troupe::engine {

/// Where commands come from.
struct Cause {
  std::string consumer;        ///< who asks: a reactor's name, "timer" or "effect"
  std::string source_subject;  ///< of the event
  std::uint64_t version = 0;   ///< of the event
  Time time;                   ///< what the commands carry as their time of issue
  std::string correlation_id;
  std::string traceparent;
};

/// `<subject>@<version>`: names an event in the whole system.
std::string event_name(std::string_view subject, std::uint64_t version);
/// The version in such a name; 0 when it is not one.
std::uint64_t version_in(std::string_view event_name);

/// The commands with ids that are the same on every redelivery, without deadline. Fails permanently
/// when one is for an instance that cannot exist.
Result<std::vector<Command>> commands_for(const Cause& cause, const Token& context,
                                          std::string_view aggregate, std::string_view reaction,
                                          const std::vector<AskedCommand>& asked);

/// An outcome after which the same command is sent again: overloaded, not available, unknown.
bool worth_repeating(const Outcome& outcome);

/// The instance's log cannot be read, which lasts: whoever waits for it would hold up others.
bool is_unreadable(const Outcome& outcome);

/// One sentence about an outcome that was not hoped for.
std::string sentence(const Command& command, const Outcome& outcome);

}  // namespace troupe::engine
