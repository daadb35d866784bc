// Plain HTTP requests through libcurl.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.hpp"

namespace troupe::curl {

struct HttpResponse {
  long status = 0;
  std::string body;   ///< at most `response_size_max`
  bool whole = true;  ///< the body came to its end, in time and within the bound
};

inline constexpr std::size_t response_size_max = 1'048'576;

/// Blocks. A response of any status is a success here; a failure is retryable: unreachable, timed
/// out, or a body that is not whole. Thread safe.
Result<HttpResponse> http_get(const std::string& url, std::chrono::milliseconds timeout);

/// The same, but the status is the answer, whatever becomes of the body.
Result<HttpResponse> http_post(const std::string& url,
                               const std::vector<std::pair<std::string, std::string>>& headers,
                               std::string_view body, std::chrono::milliseconds timeout);

}  // namespace troupe::curl
