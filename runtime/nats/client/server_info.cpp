// Reads the INFO line that begins every connection to NATS.
#include "runtime/nats/client/server_info.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/json.hpp"

namespace troupe::nats {

namespace {

using Clock = std::chrono::steady_clock;

/// Longer than any server's, which lists its cluster.
constexpr std::size_t line_max = 65'536;

struct Socket {
  explicit Socket(int number) : number(number) {}
  ~Socket() {
    if (number >= 0) close(number);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int number;
};

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

bool is_ready(int socket, short what, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd one{.fd = socket, .events = what, .revents = 0};
  return left.count() > 0 && poll(&one, 1, static_cast<int>(left.count())) == 1;
}

Addresses resolve(std::string_view url) {
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  const auto bracket = url.find(']');
  const auto colon = url.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string host(url.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string port(colon == std::string_view::npos ? "4222" : url.substr(colon + 1));
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) found = nullptr;
  return {found, freeaddrinfo};
}

std::optional<std::string> line_from(const addrinfo& address, Clock::time_point deadline) {
  const Socket socket(
      ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.number < 0) return std::nullopt;
  if (connect(socket.number, address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS)
    return std::nullopt;
  std::string line;
  std::array<char, 4'096> chunk;
  while (line.size() < line_max && is_ready(socket.number, POLLIN, deadline)) {
    const auto size = recv(socket.number, chunk.data(), chunk.size(), 0);
    if (size <= 0) return std::nullopt;
    line.append(chunk.data(), static_cast<std::size_t>(size));
    if (const auto end = line.find("\r\n"); end != std::string::npos) return line.substr(0, end);
  }
  return std::nullopt;
}

std::optional<ServerInfo> parse(std::string_view line) {
  if (!line.starts_with("INFO ")) return std::nullopt;
  const auto json = read_json(line.substr(5));
  if (!json || !json->is_object()) return std::nullopt;
  const auto says = [&](const char* what) { return field<bool>(*json, what).value_or(false); };
  return ServerInfo{.asks_who = says("auth_required"),
                    .tls = says("tls_required"),
                    .asks_certificate = says("tls_verify")};
}

}  // namespace

Result<ServerInfo> read_server_info(const std::string& url, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  const auto addresses = resolve(url);
  for (const auto* address = addresses.get(); address != nullptr; address = address->ai_next)
    if (const auto line = line_from(*address, deadline))
      if (const auto info = parse(*line)) return *info;
  return retryable(url + " does not say that it is a NATS server");
}

}  // namespace troupe::nats
