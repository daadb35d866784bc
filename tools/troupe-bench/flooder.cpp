#include "tools/troupe-bench/flooder.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <spdlog/fmt/fmt.h>

#include "bench/v1/item.pb.h"
#include "runtime/ports/subject.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/stop_signals.hpp"

namespace troupe::tool {

namespace {

constexpr std::size_t frames = 8'192;
constexpr std::size_t instances = 10'000;
constexpr std::size_t payload = 128;

/// nats.c would bound what it sends; a hostile client has no such manners.
class Socket {
public:
  explicit Socket(const std::string& url) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    std::uint16_t port = 0;
    const auto colon = url.rfind(':');
    std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    open_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(socket_); }

  bool open() const { return open_; }
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool skip_some() const {
    std::array<char, 65'536> some{};
    return ::recv(socket_, some.data(), some.size(), 0) > 0;
  }
  void hang_up() const { ::shutdown(socket_, SHUT_RDWR); }

private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool open_ = false;
};

std::string command_subject(const std::string& kind, std::size_t i) {
  const Instance item{*Token::parse("bench"), *Token::parse("item"),
                      *Token::parse(fmt::format("h{}", i % instances))};
  const auto record = *Token::parse("Record");
  return kind == "slots" ? Subject::slot_command(slot_of(item, slots_default), item, record).str()
                         : Subject::command(item, record).str();
}

std::string frame(const FlooderOptions& options, const std::string& body, std::size_t i) {
  const auto inbox = options.kind == "names" ? fmt::format("_INBOX.{}-{}.1", options.name, i)
                                             : fmt::format("_INBOX.{}.{}", options.name, i);
  const auto& reply = options.kind == "silent" ? std::string() : inbox;
  if (options.kind == "services") return fmt::format("PUB $SRV.STATS {} 0\r\n\r\n", reply);
  if (options.kind == "queries") {
    constexpr std::string_view headers =
        "NATS/1.0\r\nTroupe-Min-Sequence: EVT_BENCH:1000000\r\nTroupe-Deadline: 60000\r\n\r\n";
    return fmt::format("HPUB qry.bench.GetItem {} {} {}\r\n{}\r\n", reply, headers.size(),
                       headers.size(), headers);
  }
  return fmt::format("PUB {} {} {}\r\n{}\r\n", command_subject(options.kind, i), reply, body.size(),
                     body);
}

}  // namespace

int run_flooder(const FlooderOptions& options) {
  program::StopSignals signals;
  const Socket socket(options.nats_url);
  ::bench::v1::Record command;
  command.set_payload(std::string(payload, 'x'));
  const auto body = command.SerializeAsString();
  std::string volley;
  for (std::size_t i = 0; i < frames; ++i) volley += frame(options, body, i);
  volley += "PONG\r\n";  // whether it was asked for or not

  if (!socket.open()
      || !socket.send(fmt::format("CONNECT {{\"verbose\":false,\"headers\":true}}\r\n"
                                  "SUB _INBOX.{}.> 1\r\nPING\r\n",
                                  options.name)))
    return program::complain(program::exit_usage, "no NATS server at " + options.nats_url);
  std::atomic<bool> stopping{false};
  signals.on_stop([&] {
    stopping = true;
    socket.hang_up();
  });
  std::jthread reader([&] {
    while (socket.skip_some()) {
    }
  });
  while (!stopping && socket.send(volley)) {
  }
  signals.on_stop({});
  socket.hang_up();
  return program::exit_ok;
}

}  // namespace troupe::tool
