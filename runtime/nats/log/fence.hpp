// Which message of its subject a stored one followed: the condition under which it was stored,
// which JetStream keeps with it.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/base/text.hpp"
#include "runtime/nats/wire/wire.hpp"

namespace troupe::nats {

/// The sequence of the subject's message before the one at `sequence`; 0: that is the first.
/// Nothing: it does not say, so that no node wrote it. Of several commits of one append only the
/// first has the condition, and they stand side by side: without one it is the message right before
/// in the stream, if that is the subject's.
///
/// `Stored`: Received or StoredMessage.
template <class Stored>
std::optional<std::uint64_t> message_before(const Stored& message, std::uint64_t sequence) {
  const auto expected = message.header(header::expected_sequence);
  if (!expected) return sequence - 1;
  const bool of_another_subject = message.header(header::expected_subject).has_value();
  return of_another_subject ? std::nullopt : parse_number(*expected);
}

}  // namespace troupe::nats
