// Calls to the outside world: somebody on NATS, a mail server, somebody's webhook.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"

namespace troupe {

struct EffectCall {
  std::string effect;  ///< the declaration's name
  std::string key;     ///< idempotency key: the same on every attempt, whichever node makes it
  SharedMessage request;
  const Message* answer = nullptr;  ///< prototype of the answer
  std::chrono::milliseconds timeout{5'000};
  std::string traceparent{};  ///< of the command that began it all, or empty
};

/// Thread safety: any thread. Implementations perform the call on threads of their own.
class Effects {
public:
  /// The answer, or why there is none. A non-retryable failure means that trying again is useless.
  using Done = std::function<void(Result<MessagePtr>)>;

  virtual ~Effects() = default;

  /// Makes one attempt. `done` runs exactly once, at the latest shortly after the timeout, and must
  /// not block. Over its own bound of calls in flight an implementation fails at once, `not_made`.
  virtual void call(EffectCall call, Done done) = 0;
};

}  // namespace troupe
