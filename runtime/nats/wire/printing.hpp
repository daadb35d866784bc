// Messages in protobuf's JSON mapping, and those that have none: stored once, they could never be
// shown.
#pragma once

#include <string>

#include <google/protobuf/any.pb.h>
#include <google/protobuf/util/json_util.h>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"

namespace troupe::nats {

/// The message an Any holds; null when this program does not know its type, or it cannot be read.
MessagePtr held_by(const google::protobuf::Any& any);

/// An Any within an Any within … beyond this is nobody's, and printing it could exhaust the stack.
inline constexpr int any_depth_max = 8;

/// Whether it is beyond that.
bool has_deep_any(const Message& message);

/// Fails, permanently, where the message has no JSON form, such as one with a time beyond 9999.
Result<std::string> print_json(const Message& message,
                               const google::protobuf::util::JsonPrintOptions& options);

/// Why it has none, empty when it has one. Costs next to nothing for a type in which all can be
/// printed; which types are such is found out once.
std::string unprintable(const Message& message);

}  // namespace troupe::nats
