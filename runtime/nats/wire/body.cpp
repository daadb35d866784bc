// Reads and writes bodies with protobuf and its JSON mapping.
#include "runtime/nats/wire/body.hpp"

#include <algorithm>
#include <cctype>

#include <google/protobuf/util/json_util.h>
#include <spdlog/fmt/fmt.h>

#include "runtime/base/text.hpp"
#include "runtime/nats/wire/json_keys.hpp"
#include "runtime/nats/wire/printing.hpp"
#include "runtime/nats/wire/wire.hpp"

namespace troupe::nats {

namespace {

constexpr std::size_t reason_length_max = 200;

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
  const auto refused = [&](std::string_view why) {
    return permanent(fmt::format(
        "The body is not {} {}: {}.", form == BodyForm::json ? "the JSON of a" : "a protobuf",
        prototype.GetDescriptor()->full_name(), printable(why, reason_length_max)));
  };
  MessagePtr message(prototype.New());
  if (form == BodyForm::json) {
    if (const auto why = wrong_json(body, *prototype.GetDescriptor()); !why.empty())
      return refused(why);
    const auto read =
        google::protobuf::util::JsonStringToMessage({body.data(), body.size()}, message.get());
    const auto why = read.message();
    if (!read.ok()) return refused({why.data(), why.size()});
  } else if (!message->ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return refused(
        fmt::format("its {} bytes are cut off, too deep or something else", body.size()));
  }
  if (const auto why = unprintable(*message); !why.empty()) return refused(why);
  return message;
}

Result<std::string> write_body(const Message& message, BodyForm form) {
  if (form == BodyForm::protobuf) return message.SerializeAsString();
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  return print_json(message, options);
}

}  // namespace troupe::nats
