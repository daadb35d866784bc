// Reads and writes the socket of a connection to NATS that is encrypted.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

#include <nats/nats.h>
#include <openssl/ssl.h>

namespace troupe::nats {

/// nats.c lets OpenSSL read and write the socket, and waits where OpenSSL would: in the middle of a
/// record while it reads, for as long as it takes, and for room while it writes, under its lock. So
/// OpenSSL gets memory instead of the socket once nats.c has connected. What has come is put there
/// at once, as whatever is left in the kernel may keep the rest of a record from coming; nats.c is
/// told to read when there is something to read. What it writes is sent as the socket takes it.
/// Thread safety: `end` and `unsent` from any thread, all else from the thread that reads and
/// writes, one at a time.
class TlsWire {
public:
  /// OpenSSL tells from now on what it makes. Once, before the first connection.
  static void watch_openssl();

  /// Over the socket that nats.c has just encrypted on this thread; null when it did not.
  static std::shared_ptr<TlsWire> over(natsSock socket);

  TlsWire(SSL* ssl, natsSock socket);
  ~TlsWire();
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  /// Takes what has come, and does not wait.
  void receive();
  /// nats.c has something to read, or an error to find, and will not wait.
  bool readable();
  /// nats.c has not read all that it was told of.
  bool left_unread() const { return SSL_pending(ssl_) > 0; }

  /// Sends what was written, as far as the socket takes it, and does not wait.
  void send();
  /// Bytes that were written and not sent.
  std::size_t unsent() const { return unsent_; }

  /// The socket belongs to somebody else when this returns.
  void end();
  bool ended() const { return ended_; }

private:
  static constexpr std::size_t chunk_bytes = 65'536;
  using Chunk = std::array<char, chunk_bytes>;

  SSL* const ssl_;  // nats.c has it, too, and lets go of it from any thread
  BIO* const in_;   // both are the SSL's
  BIO* const out_;
  bool failed_ = false;

  Chunk chunk_;  ///< on its way from out_ to the socket
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::atomic<std::size_t> unsent_{0};

  std::mutex mutex_;  // held while the socket is used
  const natsSock socket_;
  std::atomic<bool> ended_{false};  // written under mutex_
};

}  // namespace troupe::nats
