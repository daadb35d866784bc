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
  read_until("PONG");
}

std::uint64_t RawNats::store(std::string_view subject, std::string_view body,
                             std::string_view headers) {
  const auto inbox = "_INBOX.raw." + std::to_string(getpid()) + "." + std::to_string(socket_);
  write("SUB " + inbox + " 1\r\n");
  flush();
  publish(subject, inbox, body, headers);
  constexpr std::string_view field = "\"seq\":";
  const auto answer = read_until("}\r\n");
  write("UNSUB 1\r\n");
  const auto at = answer.find(field);
  if (at == std::string::npos) throw std::runtime_error("it was not stored: " + answer);
  return std::stoull(answer.substr(at + field.size()));
}

/// All that came since the last call, up to and with `end`.
std::string RawNats::read_until(std::string_view end) {
  std::string heard;
  std::array<char, 4'096> some{};
  while (heard.find(end) == std::string::npos) {
    const auto size = recv(socket_, some.data(), some.size(), 0);
    if (size > 0) heard.append(some.data(), static_cast<std::size_t>(size));
    if (size <= 0 || heard.find("-ERR") != std::string::npos)
      throw std::runtime_error("the server does not take it: " + heard);
  }
  return heard;
}

void RawNats::write(std::string_view text) {
  while (!text.empty()) {
    const auto size = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (size <= 0) throw std::runtime_error("the server closed the connection");
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

}  // namespace troupe::test
