#include "runtime/program/readable.hpp"

#include <google/protobuf/util/time_util.h>

#include <troupe/token.hpp>
#include "runtime/nats/wire/printing.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::program {

namespace {

Json describe_event(const google::protobuf::Any& any, std::uint64_t version) {
  Json event{{"version", version}, {"type", any.type_url().substr(any.type_url().rfind('/') + 1)}};
  if (const auto message = nats::held_by(any))
    event["data"] = to_json(*message);
  else
    event["unknown_type_bytes"] = to_hex(any.value());
  return event;
}

}  // namespace

Json to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (const auto text = nats::print_json(message, options))
    if (auto json = Json::parse(*text, nullptr, false); !json.is_discarded()) return json;
  // Protobuf's text form prints an Any within an Any, too, however deep.
  if (nats::has_deep_any(message))
    return {{"unprintable_bytes", to_hex(message.SerializeAsString())}};
  return message.ShortDebugString();
}

std::string to_text(const google::protobuf::Timestamp& time) {
  return google::protobuf::util::TimeUtil::ToString(time);
}

Json describe_commit(const v1::Commit& commit) {
  Json described{{"context", commit.context()},
                 {"aggregate", commit.aggregate()},
                 {"id", commit.id()},
                 {"first_version", commit.first_version()},
                 {"command",
                  {{"type", commit.command_type()},
                   {"id", commit.command_id()},
                   {"hash", to_hex(commit.command_hash())}}},
                 {"issued_at", to_text(commit.issued_at())},
                 {"committed_at", to_text(commit.committed_at())},
                 {"node", commit.node()},
                 {"epoch", commit.epoch()}};
  for (const auto& [name, value] : {std::pair{"correlation_id", &commit.correlation_id()},
                                    std::pair{"causation_id", &commit.causation_id()},
                                    std::pair{"traceparent", &commit.traceparent()}})
    if (!value->empty()) described[name] = *value;
  described["previous_hash"] = to_hex(commit.previous_hash());
  auto version = commit.first_version();
  for (const auto& event : commit.events())
    described["events"].push_back(describe_event(event, version++));
  return described;
}

}  // namespace troupe::program
