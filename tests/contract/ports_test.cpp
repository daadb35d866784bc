// The ready-made ports, against a mail server, a web server and a performer that are really there.
#include <algorithm>
#include <map>

#include <google/protobuf/empty.pb.h>

#include "tests/contract/line_server.hpp"
#include "tests/contract/port_bench.hpp"
#include "tools/servers/loopback.hpp"
#include "tools/shop/sim/smtp_sink.hpp"
#include "tools/shop/sim/webhook_sink.hpp"
#include "troupe/v1/mail.pb.h"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using google::protobuf::Empty;
using troupe::both;
using troupe::Port;
using troupe::SharedMessage;
using troupe::smtp;
using troupe::webhook;
using troupe::test::PortBench;
using troupe::v1::Mail;
using troupe::v1::MailDelivered;
namespace tool = troupe::tool;
namespace test = troupe::test;

constexpr auto patience = 10s;
constexpr auto from = "orders@troupe.invalid";

SharedMessage mail(const std::string& subject = "Your order o-1") {
  auto mail = std::make_shared<Mail>();
  mail->set_to("c-1@customers.invalid");
  mail->set_subject(subject);
  mail->set_body("It is confirmed.\n.\nA line that is only a dot ends no mail.\n");
  (*mail->mutable_headers())["X-Troupe-Order"] = "o-1";
  (*mail->mutable_headers())["X-Troupe-Kind"] = "confirmed";
  return mail;
}

/// Of an effect that takes mails and wants to know no more than that they were delivered.
PortBench delivers(Port port) {
  return {Mail::default_instance(), Empty::default_instance(), std::move(port)};
}
PortBench by_mail(const std::string& url) { return delivers(smtp({.url = url, .from = from})); }
PortBench by_webhook(const std::string& url) { return delivers(webhook(url)); }

struct MailServer {
  tool::TempFolder folder{"troupe-mail-test"};
  tool::MailLedger ledger = *tool::MailLedger::open(folder.path());
  std::unique_ptr<tool::SmtpSink> sink = *tool::SmtpSink::start(ledger);

  std::vector<tool::ReceivedMail> mails() const { return *tool::read_mail_ledger(folder.path()); }
};

TEST_CASE("a mail arrives once with its facts", "[contract][ports]") {
  MailServer server;
  auto bench = by_mail(server.sink->url());
  REQUIRE(bench.call(mail(), "key-1").has_value());
  const auto mails = server.mails();
  REQUIRE(mails.size() == 1);
  CHECK(mails[0].to == "c-1@customers.invalid");
  CHECK(mails[0].subject == "Your order o-1");
  CHECK(mails[0].order_id == "o-1");
  CHECK(mails[0].kind == "confirmed");
}

TEST_CASE("a repeated mail has the same Message-ID", "[contract][ports]") {
  MailServer server;
  auto bench = by_mail(server.sink->url());
  REQUIRE(bench.call(mail(), "key-1").has_value());
  REQUIRE(bench.call(mail(), "key-1").has_value());
  REQUIRE(bench.call(mail(), "key-2").has_value());
  const auto mails = server.mails();
  REQUIRE(mails.size() == 3);
  CHECK(mails[0].message_id == mails[1].message_id);
  CHECK(mails[0].message_id != mails[2].message_id);
}

TEST_CASE("a webhook gets the mail as JSON with its idempotency key", "[contract][ports]") {
  const auto sink = *tool::WebhookSink::start();
  auto bench = by_webhook(sink->url() + "orders");
  REQUIRE(bench.call(mail(), "key-1").has_value());
  const auto posts = sink->wait_for(1, patience);
  REQUIRE(posts.size() == 1);
  CHECK(posts[0].path == "/orders");
  CHECK(posts[0].content_type == "application/json");
  CHECK(posts[0].idempotency_key == "key-1");
  CHECK(posts[0].traceparent == PortBench::trace);
  CHECK_THAT(posts[0].body, ContainsSubstring("\"subject\":\"Your order o-1\""));
}

TEST_CASE("a webhook that answers 200 has got it, whatever it says beside", "[contract][ports]") {
  const auto sink = *tool::WebhookSink::start();
  auto bench = by_webhook(sink->url());
  sink->answer_with(200, std::string(3'000'000, 'x'));
  CHECK(bench.call(mail(), "key-1").has_value());
  sink->answer_with(503, std::string(3'000'000, 'x'));
  const auto refused = bench.call(mail(), "key-1");
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().what, ContainsSubstring("503"));
}

TEST_CASE("a webhook that answers 200 and does not come to an end has got it",
          "[contract][ports]") {
  const auto [head, taken] = GENERATE(table<std::string, bool>(
      {{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun", true},
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n", true},
       {"HTTP/1.1 200 OK\r\nContent-Le", false},
       {"HTTP/1.1 100 Continue\r\n\r\n", false}}));
  const test::LineServer server(head);
  auto bench = by_webhook(server.http_url());
  CHECK(bench.call(mail(), "key-1", 300ms).has_value() == taken);
}

TEST_CASE("a webhook's answer says whether to try again", "[contract][ports]") {
  const auto sink = *tool::WebhookSink::start();
  auto bench = by_webhook(sink->url());
  const auto [status, retryable] =
      GENERATE(table<int, bool>({{500, true}, {503, true}, {429, true}, {404, false}}));
  sink->answer_with(status);
  const auto result = bench.call(mail(), "key-1");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().retryable == retryable);
  CHECK_THAT(result.error().what, ContainsSubstring(std::to_string(status)));
}

TEST_CASE("a mail server that is away is a retryable failure", "[contract][ports]") {
  auto bench = by_mail("smtp://127.0.0.1:" + std::to_string(tool::free_port()));
  const auto result = bench.call(mail(), "key-1");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().retryable);
}

TEST_CASE("a header that would add a line sends nothing", "[contract][ports]") {
  MailServer server;
  auto bench = by_mail(server.sink->url());
  const auto result = bench.call(mail("Hi\r\nBcc: all@example.invalid"), "key-1");
  REQUIRE_FALSE(result.has_value());
  CHECK_FALSE(result.error().retryable);
  CHECK(server.mails().empty());
}

TEST_CASE("a mail's answer says its Message-ID to those who want to know", "[contract][ports]") {
  MailServer server;
  PortBench bench(Mail::default_instance(), MailDelivered::default_instance(),
                  smtp({.url = server.sink->url(), .from = from}));
  const auto answer = bench.call(mail(), "key-1");
  REQUIRE(answer.has_value());
  CHECK(dynamic_cast<const MailDelivered&>(**answer).message_id() == "<key-1@troupe>");
}

TEST_CASE("a webhook's answer is read where its effect wants to know more", "[contract][ports]") {
  const auto sink = *tool::WebhookSink::start();
  PortBench bench(Mail::default_instance(), MailDelivered::default_instance(),
                  webhook(sink->url()));
  sink->answer_with(200, R"({"messageId": "m-7", "price": 3})");
  const auto answer = bench.call(mail(), "key-1");
  REQUIRE(answer.has_value());
  CHECK(dynamic_cast<const MailDelivered&>(**answer).message_id() == "m-7");

  for (const auto* unreadable : {"", "thanks", "[1]", R"({"messageId": {"no": "text"}})"}) {
    INFO(unreadable);
    sink->answer_with(200, unreadable);
    const auto result = bench.call(mail(), "key-1");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().retryable);
    CHECK_THAT(result.error().what, ContainsSubstring("troupe.v1.MailDelivered"));
  }
}

TEST_CASE("with two ports the second is asked when the first has answered", "[contract][ports]") {
  MailServer server;
  const auto sink = *tool::WebhookSink::start();
  auto bench =
      delivers(both(smtp({.url = server.sink->url(), .from = from}), webhook(sink->url())));
  REQUIRE(bench.call(mail(), "key-1").has_value());
  CHECK(server.mails().size() == 1);
  CHECK(sink->wait_for(1, patience).size() == 1);

  sink->answer_with(404);
  const auto refused = bench.call(mail(), "key-1");
  REQUIRE_FALSE(refused.has_value());
  CHECK_FALSE(refused.error().retryable);
  CHECK(server.mails().size() == 2);

  auto broken = delivers(
      both(smtp({.url = "smtp://127.0.0.1:" + std::to_string(tool::free_port()), .from = from}),
           webhook(sink->url())));
  CHECK_FALSE(broken.call(mail(), "key-2").has_value());
  CHECK(sink->wait_for(2, patience).size() == 2);
}

}  // namespace
