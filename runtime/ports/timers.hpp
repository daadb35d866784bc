// Durable timers: armed and disarmed by key, delivered through Subscriptions::timers when due.
#pragma once

#include <functional>
#include <string>

#include <troupe/aggregate.hpp>
#include "runtime/base/result.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

/// Thread safety: any method from any thread. Completions run exactly once and must not block.
/// Both methods may be repeated with the same arguments.
class Timers {
public:
  using Done = std::function<void(Result<void>)>;

  virtual ~Timers() = default;

  /// Stores `record` (a serialised troupe.v1.TimerRecord) to be delivered at `due`, within 250 ms
  /// after it and sometimes more than once. Replaces an armed timer of the same instance and name.
  /// A due time in the past fires at once.
  virtual void arm(const Instance& instance, const Token& name, Time due, std::string record,
                   Done done) = 0;

  /// Forgets an armed timer; succeeds when there is none. One that is just firing may still come.
  virtual void disarm(const Instance& instance, const Token& name, Done done) = 0;
};

}  // namespace troupe
