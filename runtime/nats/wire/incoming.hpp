// Reads what clients send: everything is checked here, and nothing unchecked gets further in.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/wire/body.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/command_bus.hpp"
#include "runtime/ports/query_bus.hpp"

namespace troupe::nats {

/// Why a message is not acceptable: a code of the wire contract and one sentence.
struct Refusal {
  int code = 0;
  std::string text;
};

template <class T>
using Read = tl::expected<T, Refusal>;

/// The refusal; of what this program does not know only for now while another one runs the context.
Refusal final_or_not(Refusal refusal, const std::function<bool()>& another_program);

/// The instance and the command that `cmd.<context>.<aggregate>.<id>.<Command>` names.
struct CommandAddress {
  Instance instance;
  const AggregateModel* aggregate;
  const Message* command;  ///< prototype
  std::string type;
};
Read<CommandAddress> read_command_subject(std::string_view subject, const ContextModel& context);

/// The whole command, except for its address.
Read<Command> read_command(const Received& message, CommandAddress address, BodyForm form,
                           const Clock& clock);

/// The query that `qry.<context>.<Query>` names.
Read<const QueryModel*> read_query_subject(std::string_view subject, const ContextModel& context);

Read<QueryCall> read_query(const Received& message, const Token& context, const QueryModel& query,
                           BodyForm form);

BodyForm form_of(const Received& message);

/// `<stream>:<sequence>`, as in Troupe-Min-Sequence and Troupe-Position.
std::optional<Position> parse_position(std::string_view text);
std::string to_text(const Position& position);

}  // namespace troupe::nats
