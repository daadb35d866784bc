// An HTTP server that remembers what was posted to it, to try webhooks against.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"

namespace troupe::tool {

struct Posted {
  std::string path;
  std::string body;
  std::string content_type;
  std::string idempotency_key;
  std::string traceparent;
};

/// Listens on loopback until destroyed. Thread safe.
class WebhookSink {
public:
  static Result<std::unique_ptr<WebhookSink>> start();

  virtual ~WebhookSink() = default;
  virtual std::string url() const = 0;
  /// What further posts are answered with; 200 at first, and no body.
  virtual void answer_with(int status, std::string body = {}) = 0;
  /// All posts so far, once there are at least `count` or `patience` is over.
  virtual std::vector<Posted> wait_for(std::size_t count, std::chrono::milliseconds patience) = 0;
};

}  // namespace troupe::tool
