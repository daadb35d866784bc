// A server on loopback that says a few words to each client, and then nothing until its end.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::test {

/// Thread safe.
class LineServer {
public:
  explicit LineServer(std::string words) : words_(std::move(words)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    (void)bind(listener_, reinterpret_cast<sockaddr*>(&here), size);
    (void)listen(listener_, 16);
    (void)getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LineServer() {
    (void)shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (const int client : clients_) close(client);
    close(listener_);
  }
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string http_url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  std::string nats_url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

  void hang_up() {
    const std::lock_guard lock(mutex_);
    for (const int client : clients_) (void)shutdown(client, SHUT_RDWR);
  }

private:
  void serve() {
    for (int client; (client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const std::lock_guard lock(mutex_);
      (void)send(client, words_.data(), words_.size(), MSG_NOSIGNAL);
      clients_.push_back(client);
    }
  }

  const std::string words_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<int> clients_;  // under mutex_
  std::thread thread_;
};

}  // namespace troupe::test
