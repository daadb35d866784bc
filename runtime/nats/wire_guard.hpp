// Looks at what has come over a connection's socket before nats.c reads it.
#pragma once

#include <atomic>

#include <nats/nats.h>

namespace troupe::nats {

/// nats.c waits, when it reads over TLS, for a record that has come in part only, and for as long
/// as it takes: nobody would write meanwhile, and when the server is lost it would read what is
/// freed. So it is told to read when a record is there as a whole. Thread safety: `attach` and
/// `encrypted` from any thread, all else from the loop's thread.
class WireGuard {
public:
  /// From now on a connection in clear is ended at its first byte. Before the first attach().
  void require_tls() { tls_required_ = true; }

  /// A new connection over this socket, of which nothing is known yet.
  void attach(natsSock socket);

  /// True: nats.c may read, and will not wait. False: the socket says when there is more.
  bool may_read();

  enum class Wire { unknown, plain, encrypted };
  /// What the server's first words after the login were.
  Wire wire() const { return wire_; }

private:
  void wake_at(int bytes);

  bool tls_required_ = false;
  std::atomic<natsSock> socket_{-1};
  std::atomic<Wire> wire_{Wire::unknown};
  natsSock told_ = -1;  ///< this socket is readable
  int wakes_at_ = 1;    ///< when so many bytes are there
};

}  // namespace troupe::nats
