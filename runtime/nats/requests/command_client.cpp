// Writes requests and reads replies on the client's side.
#include "runtime/nats/requests/command_client.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "runtime/base/text.hpp"
#include "runtime/nats/wire/incoming.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/rejected.hpp"

namespace troupe::nats {

namespace {

/// The node's own "unknown" should come before the client's.
constexpr std::chrono::milliseconds deadline_margin{50};

std::string text_of(const Received& message, const char* key) {
  return std::string(message.header(key).value_or(""));
}

std::uint64_t number_of(const Received& message, const char* key) {
  return parse_number(message.header(key).value_or("")).value_or(0);
}

ClientReply not_answered(Reply::Status status) {
  const bool too_large = status == Reply::Status::too_large;
  const bool nothing_sent = too_large || status == Reply::Status::no_responders
                            || status == Reply::Status::not_sent
                            || status == Reply::Status::illegal;
  ClientReply reply;
  reply.kind = nothing_sent ? ClientReply::Kind::rejected : ClientReply::Kind::unknown;
  reply.code = too_large ? code::too_large : nothing_sent ? code::not_available : code::unknown;
  reply.text = nothing_sent ? fmt::format("Nothing was sent: {}.", describe(status))
                            : fmt::format("Nobody knows: {}. Repeat it with the same command id.",
                                          describe(status));
  return reply;
}

Headers request_headers(const ClientHeaders& said, BodyForm form,
                        std::chrono::milliseconds timeout) {
  const auto deadline =
      std::clamp(timeout - deadline_margin, std::chrono::milliseconds{1}, deadline_max);
  Headers headers = {
      {header::content_type, content_type_of(form)},
      {header::deadline, std::to_string(deadline.count())},
      {header::command_id, said.command_id},
      {header::correlation_id, said.correlation_id},
      {header::causation_id, said.causation_id},
      {header::traceparent, said.traceparent},
  };
  if (said.expected_version)
    headers.emplace_back(header::expected_version, std::to_string(*said.expected_version));
  if (said.issued_at)
    headers.emplace_back(header::issued_at,
                         std::to_string(said.issued_at->time_since_epoch().count()));
  if (said.at_least) headers.emplace_back(header::min_sequence, to_text(*said.at_least));
  return headers;
}

/// Takes the reason out of the text it stands first in. A node before 0.2 gives no header.
void read_reason(const Received& message, ClientReply& reply) {
  reply.reason = text_of(message, header::reason);
  const bool gives_one =
      reply.code == number_of(RejectionCode::refused) || reply.text.starts_with(unreadable_log);
  if (reply.reason.empty() && gives_one) reply.reason = reply.text.substr(0, reply.text.find(": "));
  const auto first = reply.reason + ": ";
  if (!reply.reason.empty() && reply.text.starts_with(first)) reply.text.erase(0, first.size());
}

}  // namespace

ClientReply read_client_reply(const Reply& raw) {
  if (raw.status != Reply::Status::answered) return not_answered(raw.status);
  const Received& message = raw.message;
  ClientReply reply;
  reply.command_id = text_of(message, header::command_id);
  reply.node = text_of(message, header::node);
  reply.durability = text_of(message, header::durability);
  reply.body = message.body();
  reply.form = form_of(message);
  reply.position = parse_position(text_of(message, header::position))
                       .value_or(Position{text_of(message, header::stream),
                                          number_of(message, header::sequence)});
  if (message.header(header::decided_at)) reply.decided_at = number_of(message, header::decided_at);

  if (const auto error = message.header(header::error_code)) {
    reply.code = static_cast<int>(parse_number(*error).value_or(code::failed));
    reply.text = text_of(message, header::error);
    read_reason(message, reply);
    reply.kind =
        reply.code == code::unknown ? ClientReply::Kind::unknown : ClientReply::Kind::rejected;
    return reply;
  }
  reply.kind = ClientReply::Kind::accepted;
  reply.code = code::ok;
  reply.first_version = number_of(message, header::first_version);
  reply.last_version = number_of(message, header::last_version);
  reply.duplicate = message.header(header::duplicate) == "true";
  return reply;
}

void CommandClient::send(const Subject& subject, std::string_view body, BodyForm form,
                         const ClientHeaders& headers, std::chrono::milliseconds timeout,
                         Answered answered) {
  connection_.request(
      subject.str(), request_headers(headers, form, timeout), body, timeout,
      [answered = std::move(answered), id = headers.command_id](const Reply& reply) {
        ClientReply read = read_client_reply(reply);
        if (read.command_id.empty()) read.command_id = id;
        answered(std::move(read));
      });
}

void CommandClient::send(const Subject& subject, const Message& message,
                         const ClientHeaders& headers, std::chrono::milliseconds timeout,
                         Answered answered) {
  send(subject, message.SerializeAsString(), BodyForm::protobuf, headers, timeout,
       std::move(answered));
}

ClientReply CommandClient::send_and_wait(const Subject& subject, std::string_view body,
                                         BodyForm form, const ClientHeaders& headers,
                                         std::chrono::milliseconds timeout) {
  ClientReply read = read_client_reply(connection_.request_and_wait(
      subject.str(), request_headers(headers, form, timeout), body, timeout));
  if (read.command_id.empty()) read.command_id = headers.command_id;
  return read;
}

}  // namespace troupe::nats
