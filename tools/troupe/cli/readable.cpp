#include "tools/troupe/cli/readable.hpp"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include "runtime/ports/identity.hpp"

namespace troupe::tool {

namespace {

/// The message an Any holds, or null when this program does not know the type.
std::unique_ptr<google::protobuf::Message> unpack(const google::protobuf::Any& any) {
  std::string name;
  if (!google::protobuf::Any::ParseAnyTypeUrl(any.type_url(), &name)) return nullptr;
  const auto* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) return nullptr;
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  std::unique_ptr<google::protobuf::Message> message{prototype->New()};
  if (!message->ParseFromString(any.value())) return nullptr;
  return message;
}

Json describe_event(const google::protobuf::Any& any, std::uint64_t version) {
  Json event{{"version", version}, {"type", any.type_url().substr(any.type_url().rfind('/') + 1)}};
  if (const auto message = unpack(any))
    event["data"] = to_json(*message);
  else
    event["unknown_type_bytes"] = to_hex(any.value());
  return event;
}

}  // namespace

Json to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto written = google::protobuf::util::MessageToJsonString(message, &text, options);
  return written.ok() ? Json::parse(text) : Json(message.ShortDebugString());
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

}  // namespace troupe::tool
