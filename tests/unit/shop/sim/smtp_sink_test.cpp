// The mail sink, talked to over a raw socket.
#include "tools/shop/sim/smtp_sink.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <catch2/catch_all.hpp>

#include "tools/servers/temp_folder.hpp"
#include "tools/shop/sim/smtp_session.hpp"

namespace {

using namespace troupe::tool;

/// A client that reads one answer per line sent.
class RawClient {
public:
  explicit RawClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void write(const std::string& text) const {
    REQUIRE(send(socket_, text.data(), text.size(), MSG_NOSIGNAL)
            == static_cast<ssize_t>(text.size()));
  }
  /// The next line's code, or 0 when the server has hung up.
  int answer() {
    while (pending_.find('\n') == std::string::npos) {
      char bytes[512];
      const auto size = recv(socket_, bytes, sizeof bytes, 0);
      if (size <= 0) return 0;
      pending_.append(bytes, static_cast<std::size_t>(size));
    }
    const int code = std::stoi(pending_.substr(0, 3));
    pending_.erase(0, pending_.find('\n') + 1);
    return code;
  }
  int say(const std::string& line) {
    write(line + "\r\n");
    return answer();
  }

private:
  int socket_;
  std::string pending_;
};

struct Fixture {
  TempFolder folder{"troupe-mail"};
  MailLedger ledger = *MailLedger::open(folder.path());
  std::unique_ptr<SmtpSink> sink = std::move(*SmtpSink::start(ledger));
};

TEST_CASE("a mail that was taken stands in the ledger", "[smtp]") {
  Fixture f;
  RawClient client(f.sink->port());
  CHECK(client.answer() == 220);
  CHECK(client.say("EHLO test") == 250);
  CHECK(client.say("MAIL FROM:<orders@troupe.invalid>") == 250);
  CHECK(client.say("RCPT TO:<17850@customers.invalid>") == 250);
  CHECK(client.say("DATA") == 354);
  client.write(
      "Subject: Your order o-1: confirmed\r\nmessage-id: <abc@troupe>\r\n"
      "X-Troupe-Order: o-1\r\nX-Troupe-Kind: confirmed\r\n\r\nHello\r\n..\r\n");
  CHECK(client.say(".") == 250);
  CHECK(client.say("QUIT") == 221);
  CHECK(client.answer() == 0);

  const auto mails = read_mail_ledger(f.folder.path());
  REQUIRE(mails);
  REQUIRE(mails->size() == 1);
  const auto& mail = mails->front();
  CHECK(mail.message_id == "<abc@troupe>");
  CHECK(mail.to == "17850@customers.invalid");
  CHECK(mail.subject == "Your order o-1: confirmed");
  CHECK(mail.order_id == "o-1");
  CHECK(mail.kind == "confirmed");
}

TEST_CASE("commands out of turn and unknown ones are refused", "[smtp]") {
  Fixture f;
  RawClient client(f.sink->port());
  CHECK(client.answer() == 220);
  CHECK(client.say("RCPT TO:<a@b>") == 503);
  CHECK(client.say("DATA") == 503);
  CHECK(client.say("HACK") == 500);
  CHECK(client.say("MAIL FROM:<a@b>") == 250);
  CHECK(client.say("RCPT TO:nobody") == 501);
  CHECK(client.say("RSET") == 250);
  CHECK(client.say("NOOP") == 250);
}

TEST_CASE("a line without an end is not collected for ever", "[smtp]") {
  Fixture f;
  RawClient client(f.sink->port());
  CHECK(client.answer() == 220);
  client.write(std::string(SmtpSession::line_bytes_max + 1, 'x'));
  CHECK(client.answer() == 500);
  CHECK(client.answer() == 0);
}

TEST_CASE("clients are served side by side, and one that hangs up disturbs nobody", "[smtp]") {
  Fixture f;
  RawClient one(f.sink->port());
  CHECK(one.answer() == 220);
  {
    RawClient two(f.sink->port());
    CHECK(two.answer() == 220);
    CHECK(two.say("EHLO two") == 250);
  }
  CHECK(one.say("EHLO one") == 250);
}

TEST_CASE("a conversation may come in any pieces", "[smtp]") {
  std::string taken;
  SmtpSession session([&](const SmtpMail& mail) { taken = mail.data; });
  std::string answers;
  const std::string text =
      "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nA: 1\r\n\r\n..dot\r\n.\r\n";
  for (const char c : text) answers += session.consume({&c, 1});
  CHECK(taken == "A: 1\n\n.dot\n");
  CHECK(answers.find("354") != std::string::npos);
}

}  // namespace
