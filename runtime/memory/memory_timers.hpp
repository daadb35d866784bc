// Durable timers of the in-memory broker.
#pragma once

#include <memory>

#include "runtime/memory/broker.hpp"
#include "runtime/memory/manual_clock.hpp"
#include "runtime/ports/timers.hpp"

namespace troupe::memory {

/// Several on one broker see the same timers. Completions run on the broker's thread.
class MemoryTimers final : public Timers {
public:
  /// Fires timers when the machine's clock gets there.
  MemoryTimers(Broker& broker, const Clock& clock);
  /// Fires timers when the clock is advanced past them.
  MemoryTimers(Broker& broker, ManualClock& clock);
  ~MemoryTimers() override;

  void arm(const Instance& instance, const Token& name, Time due, std::string record,
           Done done) override;
  void disarm(const Instance& instance, const Token& name, Done done) override;

private:
  struct Firing;  // outlives this object in tasks that are still scheduled

  Broker& broker_;
  std::shared_ptr<Firing> firing_;
  ManualClock* manual_clock_ = nullptr;
  int listener_ = 0;
};

}  // namespace troupe::memory
