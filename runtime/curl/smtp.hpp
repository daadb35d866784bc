// Sends one mail through libcurl.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.hpp"

namespace troupe::curl {

struct Envelope {
  std::string from;
  std::string to;
  std::vector<std::pair<std::string, std::string>> headers;  ///< in the order they are written
  std::string body;
};

/// Blocks until the server has taken the mail. `url` is such as smtp://127.0.0.1:25. A failure is
/// permanent when an address or header holds a control character (nothing is sent) or the server
/// refuses the recipient for good, else retryable. Thread safe.
Result<void> send_mail(const std::string& url, const Envelope& envelope,
                       std::chrono::milliseconds timeout);

}  // namespace troupe::curl
