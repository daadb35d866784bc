#include "tools/shop/sim/smtp_sink.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/shop/sim/smtp_session.hpp"

namespace troupe::tool {

namespace {

/// Owns a file descriptor.
class Descriptor {
public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const noexcept { return fd_; }

private:
  int fd_;
};

struct Client {
  Descriptor socket;
  SmtpSession session;
};

/// Answers are short; a client that does not read them is hung up on.
bool send_all(int fd, std::string_view bytes) {
  return send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT)
         == static_cast<ssize_t>(bytes.size());
}

class Sink final : public SmtpSink {
public:
  Sink(MailLedger& ledger, Descriptor listening, std::uint16_t port)
      : ledger_(ledger),
        listening_(std::move(listening)),
        stop_(eventfd(0, EFD_CLOEXEC)),
        port_(port),
        thread_([this] { serve(); }) {}

  ~Sink() override {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  std::uint16_t port() const override { return port_; }

private:
  void serve() {
    for (;;) {
      std::vector<pollfd> polled{{stop_.get(), POLLIN, 0}};
      // A negative descriptor is not polled: nobody is accepted over the bound.
      polled.push_back({clients_.size() < clients_max ? listening_.get() : -1, POLLIN, 0});
      for (const auto& client : clients_) polled.push_back({client.socket.get(), POLLIN, 0});
      if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
      if (polled[0].revents != 0) return;

      auto client = clients_.begin();
      for (std::size_t i = 2; i < polled.size(); ++i) {
        const bool stays = polled[i].revents == 0 || read_from(*client);
        client = stays ? std::next(client) : clients_.erase(client);
      }
      if (polled[1].revents != 0) accept_client();
    }
  }

  void accept_client() {
    const int fd = accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    clients_.push_back(
        {Descriptor(fd), SmtpSession([this](const SmtpMail& mail) { record(mail); })});
    if (!send_all(fd, clients_.back().session.greeting())) clients_.pop_back();
  }

  /// False: the conversation is over.
  bool read_from(Client& client) {
    std::array<char, 16'384> bytes;
    const auto size = recv(client.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    const auto answers = client.session.consume({bytes.data(), static_cast<std::size_t>(size)});
    return send_all(client.socket.get(), answers) && !client.session.over();
  }

  void record(const SmtpMail& mail) {
    ledger_.record({.message_id = mail_header(mail.data, "Message-ID"),
                    .to = mail.to,
                    .subject = mail_header(mail.data, "Subject"),
                    .order_id = mail_header(mail.data, "X-Troupe-Order"),
                    .kind = mail_header(mail.data, "X-Troupe-Kind")});
  }

  MailLedger& ledger_;
  const Descriptor listening_;
  const Descriptor stop_;
  const std::uint16_t port_;
  std::list<Client> clients_;  // touched by the thread only
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<SmtpSink>> SmtpSink::start(MailLedger& ledger, std::uint16_t port) {
  Descriptor listening{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int yes = 1;
  setsockopt(listening.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listening.get(), generic, size) != 0 || listen(listening.get(), SOMAXCONN) != 0
      || getsockname(listening.get(), generic, &size) != 0)
    return permanent("the mail sink cannot listen on port " + std::to_string(port) + ": "
                     + std::strerror(errno));
  return std::make_unique<Sink>(ledger, std::move(listening), ntohs(address.sin_port));
}

}  // namespace troupe::tool
