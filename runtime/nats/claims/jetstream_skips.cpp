#include "runtime/nats/claims/jetstream_skips.hpp"

#include <map>

#include <spdlog/spdlog.h>

#include <troupe/timestamp.hpp>
#include "runtime/base/text.hpp"
#include "runtime/nats/claims/control_follower.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"
#include "runtime/ports/stored_subject.hpp"
#include "troupe/v1/control.pb.h"

namespace troupe::nats {

namespace {

constexpr std::string_view prefix = "ctl.skip.";

std::string subject_of(const std::string& stream, std::uint64_t sequence) {
  return std::string(prefix) + stream + "." + std::to_string(sequence);
}

void pass_over(std::string_view subject) {
  spdlog::error("{} holds something that is no decision; it is passed over.", shown(subject));
}

}  // namespace

std::optional<Skip> read_skip(std::string_view subject, std::string_view body) {
  v1::Skip skip;
  if (!skip.ParseFromArray(body.data(), static_cast<int>(body.size()))
      || subject != subject_of(skip.stream(), skip.sequence()))
    return std::nullopt;
  return Skip{.stream = skip.stream(),
              .sequence = skip.sequence(),
              .hash = skip.hash(),
              .cause = skip.cause(),
              .reason = skip.reason(),
              .decided_by = skip.decided_by(),
              .decided_at = to_time(skip.decided_at())};
}

std::unique_ptr<Subscription> JetStreamSkips::follow(SkipHandler& handler) {
  return std::make_unique<ControlFollower>(
      connection_, std::string(prefix) + "*.*",
      ControlFollower::Told{.record =
                                [&handler](const Received& record, std::uint64_t) {
                                  const auto skip = read_skip(record.subject(), record.body());
                                  skip ? handler.decided(*skip) : pass_over(record.subject());
                                },
                            .caught_up = [&handler] { handler.caught_up(); }});
}

Result<std::vector<Skip>> JetStreamSkips::list(const std::string& stream) {
  constexpr std::size_t listed_max = 100'000;
  std::map<std::uint64_t, Skip> last;  // by sequence
  for (std::uint64_t next = 1; last.size() < listed_max;) {
    const auto answer =
        ask_api_and_wait(connection_, "STREAM.MSG.GET.CTL",
                         {{"seq", next}, {"next_by_subj", std::string(prefix) + stream + ".*"}});
    if (!answer
        && (answer.error().err_code == api_error::message_not_found
            || answer.error().err_code == api_error::stream_not_found))
      break;
    if (!answer) return tl::make_unexpected(Failure(answer.error()));
    const auto stored = read_stored_message(*answer);
    if (!stored || stored->sequence < next)
      return retryable("JetStream's answer about a decision is unreadable.");
    next = stored->sequence + 1;
    if (auto skip = read_skip(stored->subject, stored->body))
      last.insert_or_assign(skip->sequence, *std::move(skip));
    else
      pass_over(stored->subject);
  }
  std::vector<Skip> all;
  for (auto& [sequence, skip] : last) all.push_back(std::move(skip));
  return all;
}

Result<void> JetStreamSkips::record(const Skip& skip) {
  v1::Skip record;
  record.set_stream(skip.stream);
  record.set_sequence(skip.sequence);
  record.set_hash(skip.hash);
  record.set_cause(skip.cause);
  record.set_reason(skip.reason);
  record.set_decided_by(skip.decided_by);
  *record.mutable_decided_at() = to_timestamp(skip.decided_at);
  const auto subject = subject_of(skip.stream, skip.sequence);
  const auto stored = read_api_reply(
      "recording " + subject,
      connection_.request_and_wait(subject, {}, record.SerializeAsString(), api_timeout));
  if (!stored) return tl::make_unexpected(Failure(stored.error()));
  return {};
}

}  // namespace troupe::nats
