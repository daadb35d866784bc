// Writes the headers and bodies of replies.
#include "runtime/nats/wire/outgoing.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/base/text.hpp"
#include "runtime/nats/wire/incoming.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::nats {

namespace {

Outgoing reply_of(const Accepted& accepted, BodyForm form, const NodeFacts& node) {
  constexpr std::size_t headers_max = 9;
  Outgoing reply;
  auto& headers = reply.headers;
  headers.reserve(headers_max);
  if (accepted.first_version != 0) {
    headers.emplace_back(header::first_version, std::to_string(accepted.first_version));
    headers.emplace_back(header::last_version, std::to_string(accepted.last_version));
  }
  if (accepted.sequence != 0) {
    headers.emplace_back(header::stream, accepted.stream);
    headers.emplace_back(header::sequence, std::to_string(accepted.sequence));
  }
  if (accepted.duplicate) headers.emplace_back(header::duplicate, "true");
  headers.emplace_back(header::node, node.name);
  headers.emplace_back(header::durability, node.durability);
  if (form == BodyForm::json) headers.emplace_back(header::content_type, content_type_of(form));

  v1::CommandReply body;
  body.set_first_version(accepted.first_version);
  body.set_last_version(accepted.last_version);
  body.set_stream(accepted.stream);
  body.set_sequence(accepted.sequence);
  body.set_duplicate(accepted.duplicate);
  reply.body = write_body(body, form).value_or("");  // the headers say the same
  reply.code_unsent = code::unknown;
  return reply;
}

void add_reason(std::string_view reason, Outgoing& reply) {
  if (!reason.empty())
    reply.headers.emplace_back(header::reason, printable(reason, rejection_reason_length_max));
}

Outgoing reply_of(const Rejected& rejected, BodyForm, const NodeFacts& node) {
  Outgoing reply = error_reply(number_of(rejected.code), text_of(rejected), node);
  add_reason(rejected.reason, reply);
  if (rejected.decided_at)
    reply.headers.emplace_back(header::decided_at, std::to_string(*rejected.decided_at));
  return reply;
}

Outgoing reply_of(const Unknown& unknown, BodyForm, const NodeFacts& node) {
  return error_reply(code::unknown, unknown.text, node);
}

}  // namespace

Outgoing error_reply(int code, std::string_view text, const NodeFacts& node) {
  const std::string sentence =
      text.empty() ? "No reason was given." : printable(text, error_text_length_max);
  return {.headers = {{header::error, sentence},
                      {header::error_code, std::to_string(code)},
                      {header::node, node.name}},
          .body = {},
          .error = fmt::format("{}:{}", code, sentence)};
}

Outgoing command_reply(const Outcome& outcome, BodyForm form, const NodeFacts& node) {
  return std::visit([&](const auto& o) { return reply_of(o, form, node); }, outcome);
}

Outgoing query_reply(const QueryOutcome& outcome, BodyForm form, const NodeFacts& node) {
  const bool answered = outcome.code == code::ok && outcome.reply;
  Outgoing reply;
  if (!answered) {
    reply = error_reply(outcome.code, outcome.text, node);
    add_reason(outcome.reason, reply);
  } else if (auto body = write_body(*outcome.reply, form)) {
    reply.headers = {{header::node, node.name}, {header::content_type, content_type_of(form)}};
    reply.body = *std::move(body);
  } else {
    reply =
        error_reply(code::failed, "The answer cannot be given: " + body.error().what + ".", node);
  }
  if (!outcome.position.stream.empty())
    reply.headers.emplace_back(header::position, to_text(outcome.position));
  return reply;
}

}  // namespace troupe::nats
