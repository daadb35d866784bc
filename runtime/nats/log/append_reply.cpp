// Reads acknowledgements of appends.
#include "runtime/nats/log/append_reply.hpp"

#include <charconv>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "runtime/base/json.hpp"
#include "runtime/base/text.hpp"
#include "runtime/nats/jetstream/api.hpp"

namespace troupe::nats {
namespace {

using Outcome = AppendResult::Outcome;

/// JetStream allows no longer ones.
constexpr std::size_t stream_name_length_max = 255;

/// The number at the end of "wrong last sequence: 7 (10071).", 0 when there is none.
std::uint64_t actual_sequence(std::string_view sentence) {
  constexpr std::string_view before = "wrong last sequence: ";
  const auto at = sentence.find(before);
  std::uint64_t sequence = 0;
  if (at != std::string_view::npos)
    std::from_chars(sentence.data() + at + before.size(), sentence.data() + sentence.size(),
                    sequence);
  return sequence;
}

bool means_conflict(int err_code) {
  return err_code == api_error::wrong_last_sequence
         || err_code == api_error::wrong_last_sequence_unnamed
         || err_code == api_error::duplicate_in_flight
         || err_code == api_error::batch_has_duplicate;
}

bool take(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

/// The sequence in {"stream":"<stream>","seq":<number>}: nearly every answer, and a JSON parser
/// takes longer to read it than an instance to decide.
std::optional<std::uint64_t> plain_acknowledgement(const std::string& stream, const Reply& reply) {
  if (reply.status != Reply::Status::answered) return std::nullopt;
  auto text = reply.message.body();
  if (!take(text, R"({"stream":")") || !take(text, stream) || !take(text, R"(","seq":)"))
    return std::nullopt;
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc() || sequence == 0 || rest != "}") return std::nullopt;
  return sequence;
}

AppendReply in_doubt(std::string why) { return {{Outcome::unknown, 0, std::move(why)}}; }

/// JetStream tells by the text alone whether a bound of the stream was met, before anything was
/// written, or writing went wrong.
bool is_full(const ApiFailure& failure) {
  if (failure.err_code == api_error::resources_exceeded) return true;
  return failure.err_code == api_error::store_failed
         && failure.what.find("maximum ") != std::string::npos;
}

bool is_too_large(const ApiFailure& failure) {
  return failure.err_code == api_error::message_too_large
         || failure.err_code == api_error::headers_too_large
         || (failure.err_code == api_error::store_failed
             && failure.what.find("message too large") != std::string::npos);
}

/// Of a batch only: the next try may be whole, or find room.
bool another_may_succeed(int err_code) {
  return err_code == api_error::batch_incomplete || err_code == api_error::batches_too_many;
}

AppendReply refused(const ApiFailure& failure) {
  AppendReply reply = in_doubt(failure.what);
  reply.err_code = failure.err_code;
  reply.too_large = is_too_large(failure);
  reply.nothing_stored = reply.too_large || is_full(failure)
                         || (failure.err_code != 0 && !failure.retryable)
                         || failure.err_code == api_error::batches_too_many;
  if (means_conflict(failure.err_code)) {
    reply.outcome = Outcome::conflict;
    reply.sequence = actual_sequence(failure.what);
  } else if (reply.nothing_stored && !another_may_succeed(failure.err_code)) {
    reply.outcome = Outcome::refused;
  }
  return reply;
}

/// Never left this process, and never will.
AppendReply not_sendable(const std::string& stream, Reply::Status status) {
  AppendReply reply =
      in_doubt(fmt::format("A commit for {} cannot be sent: {}.", stream, describe(status)));
  reply.outcome = Outcome::refused;
  reply.too_large = status == Reply::Status::too_large;
  reply.nothing_stored = true;
  return reply;
}

}  // namespace

AppendReply read_append_reply(const std::string& stream, const Reply& reply) {
  if (const auto sequence = plain_acknowledgement(stream, reply))
    return {{Outcome::acknowledged, *sequence, {}}};
  if (reply.status == Reply::Status::too_large || reply.status == Reply::Status::illegal)
    return not_sendable(stream, reply.status);
  const ApiResult answer = read_api_reply("an append to " + stream, reply);
  if (!answer) return refused(answer.error());
  const auto sequence = field<std::uint64_t>(*answer, "seq").value_or(0);
  const auto found = field<std::string_view>(*answer, "stream").value_or("");
  if (found != stream || sequence == 0)
    return in_doubt(
        fmt::format("An append to {} was acknowledged by stream '{}' at {}: another stream "
                    "captures its subject.",
                    stream, printable(found, stream_name_length_max), sequence));
  if (field<bool>(*answer, "duplicate").value_or(false))
    return in_doubt(fmt::format("{} took an append for a repeat.", stream));
  AppendReply acknowledged{{Outcome::acknowledged, sequence, {}}};
  acknowledged.count = field<std::uint64_t>(*answer, "count").value_or(0);
  return acknowledged;
}

}  // namespace troupe::nats
