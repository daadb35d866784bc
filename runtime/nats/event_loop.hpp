// The thread that reads and writes the socket of one connection.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <nats/nats.h>

namespace troupe::nats {

/// A libuv loop under nats.c's adapter. A publish puts its bytes into the connection's buffer and
/// wakes the loop, which writes all that has gathered with one system call: at once when idle, many
/// messages at a time when busy. A thread that holds the Cork wakes nobody and writes itself when
/// it lets go, once per burst. nats.c's own ways are a pause of 1 ms before each write, or a write
/// per message.
class EventLoop {
public:
  /// `tick` runs on the loop's thread every `tick_interval`, until the connection is closed.
  explicit EventLoop(std::function<void()> tick);
  static constexpr std::chrono::milliseconds tick_interval{250};
  /// Waits for the thread's end. REQUIRES: the connection is closed.
  ~EventLoop();

  /// As natsConnection_Connect, once; from then on the loop serves the connection until it closes.
  natsStatus connect(natsConnection** connection, natsOptions* options);

  /// Has the loop write what some thread holds back. Any thread.
  void wake();

  /// This thread writes when it lets go of the cork, whoever holds something back by then.
  /// REQUIRES: it holds the cork.
  void hold_back();

  /// Returns when no thread writes any more. REQUIRES: the connection is closed.
  void wait_for_writers();

private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // threads that hold something back keep it, too
};

}  // namespace troupe::nats
