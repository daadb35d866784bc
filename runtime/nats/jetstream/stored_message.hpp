// A message as $JS.API.STREAM.MSG.GET returns it: JSON around base64.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace troupe::nats {

struct StoredMessage {
  std::uint64_t sequence = 0;
  std::string subject;
  std::string headers;  ///< as stored: "NATS/1.0\r\nKey: value\r\n…"
  std::string body;

  /// The value of a stored header, when it is there.
  std::optional<std::string_view> header(std::string_view key) const;
};

/// Nothing when the answer has another form.
std::optional<StoredMessage> read_stored_message(const nlohmann::json& answer);

/// Nothing when `text` is not base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace troupe::nats
