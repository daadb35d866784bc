#include "runtime/nats/wire_guard.hpp"

#include <array>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace troupe::nats {

namespace {

/// Type, version, and length of what follows.
constexpr int header_bytes = 5;
using Header = std::array<unsigned char, header_bytes>;

/// Text of NATS begins with none of these.
bool begins_record(unsigned char type) { return type >= 20 && type <= 23; }

/// The peer has closed, or the connection is broken: no more will come.
bool has_ended(natsSock socket) {
  pollfd one{.fd = socket, .events = POLLRDHUP, .revents = 0};
  return poll(&one, 1, 0) != 0;
}

int available(natsSock socket) {
  int bytes = 0;
  return ioctl(socket, FIONREAD, &bytes) == 0 ? bytes : 0;
}

}  // namespace

void WireGuard::attach(natsSock socket) {
  wire_ = Wire::unknown;
  socket_ = socket;
}

bool WireGuard::may_read() {
  if (wire_ == Wire::plain) return true;
  Header header;
  const auto seen = recv(socket_, header.data(), header.size(), MSG_PEEK | MSG_DONTWAIT);
  if (seen <= 0) return true;  // an end or an error, which nats.c finds itself
  if (wire_ == Wire::unknown) wire_ = begins_record(header[0]) ? Wire::encrypted : Wire::plain;
  if (wire_ == Wire::plain) {
    if (tls_required_) shutdown(socket_, SHUT_RDWR);
    return true;
  }
  const int whole = seen < header_bytes ? header_bytes : header_bytes + header[3] * 256 + header[4];
  const bool readable = available(socket_) >= whole || has_ended(socket_);
  wake_at(readable ? 1 : whole);
  return readable;
}

void WireGuard::wake_at(int bytes) {
  const natsSock socket = socket_;
  const int now = socket == told_ ? wakes_at_ : 1;
  if (bytes == now) return;
  told_ = socket;
  wakes_at_ = bytes;
  setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

}  // namespace troupe::nats
