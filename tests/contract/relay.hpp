// A relay between one client and a server on loopback, which can keep back what the server sends.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::test {

/// Serves one client after the other. Thread safe.
class Relay {
public:
  /// In front of the server at nats://127.0.0.1:<port>.
  explicit Relay(const std::string& url) {
    const auto server_port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here = loopback(0);
    socklen_t size = sizeof here;
    (void)bind(listener_, reinterpret_cast<sockaddr*>(&here), size);
    (void)listen(listener_, 1);
    (void)getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this, server_port] {
      for (int client; (client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
        serve(client, server_port);
    });
  }
  ~Relay() {
    let_go();
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      for (const int fd : {listener_, client_, server_}) (void)shutdown(fd, SHUT_RDWR);
    }
    thread_.join();
    (void)close(listener_);
  }

  std::string url(const std::string& scheme = "nats") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_);
  }

  /// Of the first `bytes` or more that the server sends from now on, the last is kept back, and all
  /// behind it, until let_go().
  void keep_back_behind(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    keep_behind_ = bytes;
    passed_ = 0;
  }
  void wait_until_kept() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return keeping_; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    keep_behind_ = 0;
    keeping_ = false;
    changed_.notify_all();
  }
  /// Ends the connection; what is kept back is lost.
  void cut() {
    const std::lock_guard lock(mutex_);
    for (const int fd : {client_, server_}) (void)shutdown(fd, SHUT_RDWR);
    keep_behind_ = 0;
    keeping_ = false;
    changed_.notify_all();
  }

private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static void send_all(int to, const char* bytes, std::size_t size) {
    while (size > 0) {
      const auto sent = send(to, bytes, size, MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes += sent;
      size -= static_cast<std::size_t>(sent);
    }
  }
  void serve(int client, std::uint16_t server_port) {
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in there = loopback(server_port);
    (void)connect(server, reinterpret_cast<const sockaddr*>(&there), sizeof there);
    {
      const std::lock_guard lock(mutex_);
      client_ = client;
      server_ = server;
      if (ended_) (void)shutdown(client, SHUT_RDWR);
    }
    std::thread to_server([client, server] { pump_to_server(client, server); });
    pump_to_client(server, client);
    to_server.join();
    const std::lock_guard lock(mutex_);
    (void)close(client);
    (void)close(server);
    client_ = server_ = -1;
  }
  static void pump_to_server(int client, int server) {
    std::array<char, 65'536> chunk;
    for (ssize_t size; (size = recv(client, chunk.data(), chunk.size(), 0)) > 0;)
      send_all(server, chunk.data(), static_cast<std::size_t>(size));
    (void)shutdown(server, SHUT_RDWR);
  }
  void pump_to_client(int server, int client) {
    std::array<char, 65'536> chunk;
    for (ssize_t size; (size = recv(server, chunk.data(), chunk.size(), 0)) > 0;) {
      const auto bytes = static_cast<std::size_t>(size);
      std::unique_lock lock(mutex_);
      passed_ += bytes;
      const bool keep = keep_behind_ > 0 && passed_ >= keep_behind_;
      send_all(client, chunk.data(), bytes - (keep ? 1 : 0));
      if (!keep) continue;
      keeping_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !keeping_; });
      send_all(client, chunk.data() + bytes - 1, 1);
    }
    (void)shutdown(client, SHUT_RDWR);
  }

  int listener_ = -1;
  std::uint16_t port_ = 0;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  int client_ = -1;
  int server_ = -1;
  std::size_t keep_behind_ = 0;
  std::size_t passed_ = 0;
  bool keeping_ = false;
  bool ended_ = false;

  std::thread thread_;
};

}  // namespace troupe::test
