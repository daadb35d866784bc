// Records and follows claims, and agrees on the number of slots.
#include "runtime/nats/claims/jetstream_claims.hpp"

#include <spdlog/spdlog.h>

#include <troupe/timestamp.hpp>
#include "runtime/base/json.hpp"
#include "runtime/base/text.hpp"
#include "runtime/nats/claims/control_follower.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/leases.hpp"
#include "runtime/ports/stored_subject.hpp"
#include "troupe/v1/control.pb.h"

namespace troupe::nats {

namespace {

constexpr const char* layout_subject = "ctl.layout";

bool is_conflict(const ApiFailure& failure) {
  return failure.err_code == api_error::wrong_last_sequence
         || failure.err_code == api_error::wrong_last_sequence_unnamed;
}

ApiResult publish(Connection& connection, const std::string& subject, std::uint64_t after,
                  const std::string& body) {
  return read_api_reply(
      "recording " + subject,
      connection.request_and_wait(subject, {{header::expected_sequence, std::to_string(after)}},
                                  body, JetStreamClaims::record_timeout));
}

v1::Claim to_message(const Claim& claim) {
  v1::Claim message;
  message.set_node(node_of(claim.holder));
  if (!claim.holder.empty()) message.set_token(claim.holder.substr(message.node().size() + 1));
  message.set_handed_over_by(claim.handed_over_by);
  *message.mutable_claimed_at() = to_timestamp(SystemClock{}.now());
  return message;
}

void tell(ClaimHandler& handler, const Received& record, std::uint64_t epoch) {
  const auto subject = record.subject();
  const auto slot = parse_number(subject.substr(subject.rfind('.') + 1));
  v1::Claim claim;
  if (!slot || !claim.ParseFromArray(record.body().data(), static_cast<int>(record.body().size())))
    return spdlog::error("{} has something at sequence {} that is no claim; it is passed over.",
                         shown(subject), epoch);
  handler.claimed({.slot = static_cast<std::uint32_t>(*slot),
                   .epoch = epoch,
                   .holder = claim.node().empty() ? "" : claim.node() + "|" + claim.token(),
                   .handed_over_by = claim.handed_over_by()});
}

}  // namespace

Result<std::uint32_t> JetStreamClaims::agree_on_slots(std::uint32_t wanted) {
  // A CTL that was created anew may have been another node's first.
  const auto system = agree_on_system(connection_, system_);
  if (!system) return tl::make_unexpected(system.error());
  if (*system != system_.id)
    return permanent("stream CTL is of system " + *system + " and this node of " + system_.id
                     + ": restart it");
  const auto found =
      ask_api_and_wait(connection_, "STREAM.MSG.GET.CTL", {{"last_by_subj", layout_subject}});
  if (found) {
    const auto message = read_stored_message(*found);
    v1::Layout layout;
    if (!message || !layout.ParseFromString(message->body) || layout.slots() == 0)
      return permanent("stream CTL has something on ctl.layout that is no layout");
    return layout.slots();
  }
  if (found.error().err_code != api_error::message_not_found)
    return tl::make_unexpected(Failure(found.error()));
  v1::Layout layout;
  layout.set_slots(wanted);
  const auto recorded = publish(connection_, layout_subject, 0, layout.SerializeAsString());
  if (recorded) return wanted;
  if (is_conflict(recorded.error())) return retryable("another node was faster; asking again");
  return tl::make_unexpected(Failure(recorded.error()));
}

std::unique_ptr<Subscription> JetStreamClaims::follow(const Token& context, ClaimHandler& handler) {
  return std::make_unique<ControlFollower>(
      connection_, "ctl." + context.str() + ".*",
      ControlFollower::Told{
          .record = [&handler](const Received& record,
                               std::uint64_t sequence) { tell(handler, record, sequence); },
          .caught_up = [&handler] { handler.caught_up(); }});
}

void JetStreamClaims::record(const Token& context, const Claim& claim, std::uint64_t after,
                             Claimed done) {
  const auto subject = "ctl." + context.str() + "." + std::to_string(claim.slot);
  connection_.request(subject, {{header::expected_sequence, std::to_string(after)}},
                      to_message(claim).SerializeAsString(), record_timeout,
                      [subject, done = std::move(done)](const Reply& reply) {
                        const auto recorded = read_api_reply("recording " + subject, reply);
                        const auto epoch =
                            recorded ? field<std::uint64_t>(*recorded, "seq") : std::nullopt;
                        if (epoch) return done(*epoch);
                        if (recorded)
                          return done(retryable("the answer to " + subject + " is unreadable"));
                        if (is_conflict(recorded.error()))
                          return done(permanent("another claim was faster"));
                        done(retryable(recorded.error().what));
                      });
}

}  // namespace troupe::nats
