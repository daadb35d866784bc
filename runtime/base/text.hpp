// Text that comes from or goes to the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::nats {

/// Safe to stand in a header or a log line: control and non-ASCII bytes become '?', what is longer
/// is cut.
std::string printable(std::string_view text, std::size_t length_max);

/// What stands between the dots of a subject, legal or not.
std::vector<std::string_view> split_tokens(std::string_view subject);

/// Whether NATS can carry it as a subject or a header's key: no space, no control character, not
/// empty.
bool is_clean(std::string_view text);

/// A whole decimal number without sign or anything around it.
std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace troupe::nats
