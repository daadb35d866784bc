// Bodies of commands, queries and replies: protobuf, or its JSON mapping.
#pragma once

#include <string>
#include <string_view>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"

namespace troupe::nats {

enum class BodyForm { protobuf, json };

/// JSON when the content type says so or the body starts with '{', which no protobuf body does.
BodyForm form_of(std::string_view content_type, std::string_view body);
const char* content_type_of(BodyForm form);

/// A new message of the prototype's type, or one sentence about what is wrong. A key that stands
/// twice in JSON is wrong, and a time, a duration or anything else that could not be printed.
Result<MessagePtr> read_body(const Message& prototype, BodyForm form, std::string_view body);

/// Fails, permanently, when the message has no such form.
Result<std::string> write_body(const Message& message, BodyForm form);

}  // namespace troupe::nats
