// Reads ctl.system, and records it behind nothing: the first record wins.
#include "runtime/nats/claims/system_id.hpp"

#include <optional>

#include <troupe/timestamp.hpp>
#include <troupe/token.hpp>
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/identity.hpp"
#include "troupe/v1/control.pb.h"

namespace troupe::nats {

namespace {

constexpr const char* subject = "ctl.system";

Result<std::optional<std::string>> recorded(Connection& connection) {
  const auto found =
      ask_api_and_wait(connection, "STREAM.MSG.GET.CTL", {{"last_by_subj", subject}});
  if (!found && found.error().err_code == api_error::message_not_found) return std::nullopt;
  if (!found) return tl::make_unexpected(Failure(found.error()));
  const auto message = read_stored_message(*found);
  v1::System system;
  if (!message || !system.ParseFromString(message->body) || !is_token(system.id()))
    return permanent("stream CTL has something on ctl.system that names no system");
  return system.id();
}

bool was_slower(const ApiFailure& failure) {
  return failure.err_code == api_error::wrong_last_sequence
         || failure.err_code == api_error::wrong_last_sequence_unnamed;
}

}  // namespace

SystemId new_system(const std::string& node) {
  constexpr std::size_t length = 16;
  return {.id = random_id().substr(0, length), .node = node};
}

Result<std::string> agree_on_system(Connection& connection, const SystemId& wanted) {
  const auto before = recorded(connection);
  if (!before) return tl::make_unexpected(before.error());
  if (*before) return **before;
  v1::System system;
  system.set_id(wanted.id);
  *system.mutable_recorded_at() = to_timestamp(SystemClock{}.now());
  system.set_recorded_by(wanted.node);
  const auto stored =
      read_api_reply("the record of the system",
                     connection.request_and_wait(subject, {{header::expected_sequence, "0"}},
                                                 system.SerializeAsString(), api_timeout));
  if (!stored && !was_slower(stored.error())) return tl::make_unexpected(Failure(stored.error()));
  const auto after = recorded(connection);  // perhaps another node's
  if (!after) return tl::make_unexpected(after.error());
  if (!*after) return retryable("the record of the system is not to be seen yet");
  return **after;
}

Result<std::string> find_system(Connection& connection) {
  const auto found = recorded(connection);
  if (!found) return tl::make_unexpected(found.error());
  if (!*found)
    return permanent(
        "stream CTL does not say which system this is: start a node, which records it");
  return **found;
}

}  // namespace troupe::nats
