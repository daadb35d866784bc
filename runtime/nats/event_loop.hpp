// The thread that reads and writes the socket of one connection.
#pragma once

#include <memory>

#include <nats/nats.h>

namespace troupe::nats {

/// A libuv loop under nats.c's adapter. A publish puts its bytes into the connection's buffer and
/// wakes the loop, which writes all that has gathered with one system call: at once when idle, many
/// messages at a time when busy. nats.c's own ways are a pause of 1 ms before each write, or a
/// write per message.
class EventLoop {
public:
  EventLoop();
  /// Waits for the thread's end. REQUIRES: the connection is closed.
  ~EventLoop();

  /// As natsConnection_Connect, once; from then on the loop serves the connection until it closes.
  natsStatus connect(natsConnection** connection, natsOptions* options);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::nats
