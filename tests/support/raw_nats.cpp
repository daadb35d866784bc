#include "tests/support/raw_nats.hpp"

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::test {

RawNats::RawNats(const std::string& url) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no server at " + url);
  write("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true}\r\n");
}

RawNats::~RawNats() { close(socket_); }

void RawNats::publish(std::string_view subject, std::string_view reply, std::string_view body,
                      std::string_view headers) {
  std::string head;
  if (!headers.empty()) head.append("NATS/1.0\r\n").append(headers).append("\r\n\r\n");
  std::string line = head.empty() ? "PUB " : "HPUB ";
  line.append(subject).append(" ").append(reply).append(reply.empty() ? "" : " ");
  if (!head.empty()) line.append(std::to_string(head.size())).append(" ");
  line.append(std::to_string(head.size() + body.size())).append("\r\n");
  write(line.append(head).append(body).append("\r\n"));
}

void RawNats::flush() {
  write("PING\r\n");
  std::string heard;
  std::array<char, 4'096> some{};
  while (heard.find("PONG") == std::string::npos) {
    const auto size = recv(socket_, some.data(), some.size(), 0);
    if (size > 0) heard.append(some.data(), static_cast<std::size_t>(size));
    if (size <= 0 || heard.find("-ERR") != std::string::npos)
      throw std::runtime_error("the server does not take it: " + heard);
  }
}

void RawNats::write(std::string_view text) {
  while (!text.empty()) {
    const auto size = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (size <= 0) throw std::runtime_error("the server closed the connection");
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

}  // namespace troupe::test
