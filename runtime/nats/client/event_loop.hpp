// The thread that reads and writes the socket of one connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include <nats/nats.h>

namespace troupe::nats {

/// A libuv loop under nats.c's adapter. A publish puts its bytes into the connection's buffer and
/// wakes the loop, which writes all that has gathered with one system call: at once when idle, many
/// messages at a time when busy. A thread that holds the Cork wakes nobody and writes itself when
/// it lets go, once per burst. nats.c's own ways are a pause of 1 ms before each write, or a write
/// per message. Over TLS the loop's thread alone reads and writes (TlsWire), as nats.c before 3.11
/// keeps no two threads from using OpenSSL at a time.
class EventLoop {
public:
  static constexpr std::chrono::milliseconds tick_interval{250};
  /// `stuck` is called, once, on a thread of its own, when nats.c has tried to connect or to
  /// reconnect for `attempt_max` without coming to an end. nats.c 3.4.1 waits for TLS without a
  /// bound, and for the answer to its first words in a loop that never ends; it holds the
  /// connection's lock, which cannot be used any more. `tick` runs on the loop's thread every
  /// `tick_interval`, until the connection is closed.
  EventLoop(std::chrono::milliseconds attempt_max, std::function<void()> stuck,
            std::function<void()> tick);
  /// Waits for the thread's end. REQUIRES: the connection is closed.
  ~EventLoop();

  /// As natsConnection_Connect, once; from then on the loop serves the connection until it closes.
  /// With `tls` a connection that turns out to be in clear is none, each time.
  natsStatus connect(natsConnection** connection, natsOptions* options, bool tls);

  /// Bytes that nats.c has written over TLS and that the socket has not taken yet. Any thread.
  std::size_t unsent() const;

  /// nats.c goes through its servers once more. Any thread.
  void tries_again();

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
