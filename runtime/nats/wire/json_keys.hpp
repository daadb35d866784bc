// Keys that stand twice in the JSON of a message: protobuf takes the last, and drops the first.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>

namespace troupe::nats {

/// Deeper JSON is no message's.
inline constexpr std::size_t body_depth_max = 100;

/// What is wrong, else empty: the text is no JSON, or too deep, or an object in it has a key twice.
/// Two spellings of one field, `unitPriceMinor` and `unit_price_minor`, are one key.
std::string wrong_json(std::string_view text, const google::protobuf::Descriptor& type);

}  // namespace troupe::nats
