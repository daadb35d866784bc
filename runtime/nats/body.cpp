// Reads and writes bodies with protobuf and its JSON mapping.
#include "runtime/nats/body.hpp"

#include <algorithm>
#include <cctype>

#include <google/protobuf/util/json_util.h>
#include <spdlog/fmt/fmt.h>

#include "runtime/nats/text.hpp"
#include "runtime/nats/wire.hpp"
#include "runtime/ports/assert.hpp"

namespace troupe::nats {

namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size()
         && std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(), [](char a, char b) {
              return a == std::tolower(static_cast<unsigned char>(b));
            });
}

}  // namespace

BodyForm form_of(std::string_view content_type, std::string_view body) {
  const bool json =
      starts_with_ignoring_case(content_type, json_content_type) || body.starts_with('{');
  return json ? BodyForm::json : BodyForm::protobuf;
}

const char* content_type_of(BodyForm form) {
  return form == BodyForm::json ? json_content_type : protobuf_content_type;
}

Result<MessagePtr> read_body(const Message& prototype, BodyForm form, std::string_view body) {
  MessagePtr message(prototype.New());
  if (form == BodyForm::json) {
    const auto status =
        google::protobuf::util::JsonStringToMessage({body.data(), body.size()}, message.get());
    if (status.ok()) return message;
    const auto why = status.message();
    return permanent(fmt::format("The body is not the JSON of a {}: {}",
                                 prototype.GetDescriptor()->full_name(),
                                 printable({why.data(), why.size()}, 200)));
  }
  if (message->ParseFromArray(body.data(), static_cast<int>(body.size()))) return message;
  return permanent(
      fmt::format("The body is not a protobuf {} of {} bytes; it is cut off, too deep "
                  "or something else.",
                  prototype.GetDescriptor()->full_name(), body.size()));
}

std::string write_body(const Message& message, BodyForm form) {
  if (form == BodyForm::protobuf) return message.SerializeAsString();
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  TROUPE_ASSERT(status.ok(), "a message that we made has a JSON form");
  return text;
}

}  // namespace troupe::nats
