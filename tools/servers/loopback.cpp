#include "tools/servers/loopback.hpp"

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

}  // namespace

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a = address(0);
  socklen_t size = sizeof a;
  const bool bound = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&a), size) == 0
                     && getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size) == 0;
  TROUPE_ASSERT(bound, "the loopback interface has no free port");
  close(fd);
  return ntohs(a.sin_port);
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
