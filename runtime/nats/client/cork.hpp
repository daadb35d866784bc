// Gathers what one thread publishes while it handles messages that came in together.
#pragma once

#include <cstddef>
#include <memory>

#include <nats/nats.h>

namespace troupe::nats {

/// Something whose writing can be held back until the end of a burst.
class Corked {
public:
  virtual ~Corked() = default;
  /// Writes what was held back, if anything still is. Any thread.
  virtual void release() = 0;
};

/// While it is held, connections do not wake their loops for what this thread publishes; let_go()
/// writes it, each connection's once. So a burst of messages is answered with one write instead of
/// many, and nothing waits for a clock to be written. Whoever holds it lets go before it waits for
/// anything.
/// Messages that are done with go together, too: nats.c hands each to a thread of its own to be
/// freed, and waking that for every message took a fifth of a busy node's time.
/// All functions are of the calling thread.
class Cork {
public:
  /// So many messages of a burst are handled before what they led to is written.
  static constexpr std::size_t burst_max = 32;

  static void hold();
  static bool held();
  /// Remembers for let_go(). REQUIRES: held().
  static void add(const std::shared_ptr<Corked>& corked);
  static void destroy(natsMsg* message) noexcept;
  static void let_go();
};

}  // namespace troupe::nats
