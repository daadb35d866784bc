// Lets completions of ports through to the engine until it stops.
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>

namespace troupe::engine {

/// Shared by the engine and by every completion that a port still holds, so that one which runs
/// after stop() finds a closed gate instead of a destroyed engine. Thread safe.
class Gate {
public:
  /// False: it is closed, and nothing was done. What passes may pass again from within: glibc's
  /// lock lets readers in while somebody waits to close.
  template <class Pass>
  bool pass(Pass&& through) {
    const std::shared_lock lock(mutex_);
    if (open_) through();
    return open_;
  }

  /// Waits for those who are passing; afterwards nobody does.
  void close() {
    const std::unique_lock lock(mutex_);
    open_ = false;
  }

private:
  std::shared_mutex mutex_;
  bool open_ = true;
};

using SharedGate = std::shared_ptr<Gate>;

}  // namespace troupe::engine
