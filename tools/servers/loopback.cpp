#include "tools/servers/loopback.hpp"

#include <algorithm>
#include <fstream>
#include <random>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/assert.hpp"

namespace troupe::tool {

namespace {

sockaddr_in address(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

int lowest_outgoing_port() {
  int lowest = 32'768;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> lowest;
  return lowest;
}

bool is_free(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in a = address(port);
  const bool bound = fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0;
  close(fd);
  return bound;
}

}  // namespace

// The kernel's ports for outgoing connections lie above. Of these a client that tries a server that
// does not listen yet may get the server's own, and reach itself.
std::uint16_t free_port() {
  constexpr int lowest = 10'000;
  constexpr int tries_max = 1'000;
  std::random_device chance;
  std::uniform_int_distribution ports(lowest, std::max(lowest_outgoing_port() - 1, lowest));
  for (int i = 0; i < tries_max; ++i) {
    const auto port = static_cast<std::uint16_t>(ports(chance));
    if (is_free(port)) return port;
  }
  TROUPE_ASSERT(false, "the loopback interface has no free port");
}

bool listens(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a = address(port);
  const bool connected = connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0;
  close(fd);
  return connected;
}

Result<void> wait_until_listening(ChildProcess& child, std::uint16_t port,
                                  std::chrono::milliseconds patience) {
  // Nothing announces a listening socket, so it is tried again whenever the child has not ended
  // for `between_tries`.
  constexpr std::chrono::milliseconds between_tries{10};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!listens(port)) {
    if (const auto code = child.wait(between_tries))
      return permanent("it ended with code " + std::to_string(*code) + " before it listened");
    if (std::chrono::steady_clock::now() > deadline)
      return retryable("it did not listen on port " + std::to_string(port) + " in time");
  }
  return {};
}

}  // namespace troupe::tool
