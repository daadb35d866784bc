// Mails and webhooks through libcurl, against a mail server and a web server that are really there.
#include "runtime/curl/notifier.hpp"

#include <future>

#include <catch2/catch_all.hpp>

#include "tests/contract/line_server.hpp"
#include "tools/servers/loopback.hpp"
#include "tools/servers/temp_folder.hpp"
#include "tools/shop/sim/smtp_sink.hpp"
#include "tools/shop/sim/webhook_sink.hpp"
#include "troupe/v1/mail.pb.h"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using troupe::EffectCall;
using troupe::MessagePtr;
using troupe::Result;
using troupe::curl::Notifier;
namespace tool = troupe::tool;
namespace test = troupe::test;

constexpr auto patience = 10s;
constexpr auto trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

EffectCall mail_call(const std::string& key, const std::string& subject = "Your order o-1") {
  auto mail = std::make_shared<troupe::v1::Mail>();
  mail->set_to("c-1@customers.invalid");
  mail->set_subject(subject);
  mail->set_body("It is confirmed.\n.\nA line that is only a dot ends no mail.\n");
  (*mail->mutable_headers())["X-Troupe-Order"] = "o-1";
  (*mail->mutable_headers())["X-Troupe-Kind"] = "confirmed";
  return {.effect = "notify",
          .key = key,
          .request = mail,
          .answer = &troupe::v1::MailDelivered::default_instance(),
          .timeout = 2s,
          .traceparent = trace};
}

Result<MessagePtr> call_and_wait(Notifier& notifier, EffectCall call) {
  auto promise = std::make_shared<std::promise<Result<MessagePtr>>>();
  auto answered = promise->get_future();
  notifier.call(std::move(call),
                [promise](Result<MessagePtr> result) { promise->set_value(std::move(result)); });
  REQUIRE(answered.wait_for(patience) == std::future_status::ready);
  return answered.get();
}

struct MailServer {
  tool::TempFolder folder{"troupe-mail-test"};
  tool::MailLedger ledger = *tool::MailLedger::open(folder.path());
  std::unique_ptr<tool::SmtpSink> sink = *tool::SmtpSink::start(ledger);

  std::vector<tool::ReceivedMail> mails() const { return *tool::read_mail_ledger(folder.path()); }
};

TEST_CASE("a mail arrives once with its facts", "[contract][notifier]") {
  MailServer server;
  Notifier notifier({.smtp_url = server.sink->url(), .webhook_url = ""});
  REQUIRE(call_and_wait(notifier, mail_call("key-1")).has_value());
  const auto mails = server.mails();
  REQUIRE(mails.size() == 1);
  CHECK(mails[0].to == "c-1@customers.invalid");
  CHECK(mails[0].subject == "Your order o-1");
  CHECK(mails[0].order_id == "o-1");
  CHECK(mails[0].kind == "confirmed");
}

TEST_CASE("a repeated mail has the same Message-ID", "[contract][notifier]") {
  MailServer server;
  Notifier notifier({.smtp_url = server.sink->url(), .webhook_url = ""});
  REQUIRE(call_and_wait(notifier, mail_call("key-1")).has_value());
  REQUIRE(call_and_wait(notifier, mail_call("key-1")).has_value());
  REQUIRE(call_and_wait(notifier, mail_call("key-2")).has_value());
  const auto mails = server.mails();
  REQUIRE(mails.size() == 3);
  CHECK(mails[0].message_id == mails[1].message_id);
  CHECK(mails[0].message_id != mails[2].message_id);
}

TEST_CASE("a webhook gets the mail as JSON with its idempotency key", "[contract][notifier]") {
  const auto sink = *tool::WebhookSink::start();
  Notifier notifier({.smtp_url = "", .webhook_url = sink->url() + "orders"});
  REQUIRE(call_and_wait(notifier, mail_call("key-1")).has_value());
  const auto posts = sink->wait_for(1, patience);
  REQUIRE(posts.size() == 1);
  CHECK(posts[0].path == "/orders");
  CHECK(posts[0].content_type == "application/json");
  CHECK(posts[0].idempotency_key == "key-1");
  CHECK(posts[0].traceparent == trace);
  CHECK_THAT(posts[0].body, ContainsSubstring("\"subject\":\"Your order o-1\""));
}

TEST_CASE("a webhook that answers 200 has got it, whatever it says beside",
          "[contract][notifier]") {
  const auto sink = *tool::WebhookSink::start();
  Notifier notifier({.smtp_url = "", .webhook_url = sink->url()});
  sink->answer_with(200, std::string(3'000'000, 'x'));
  CHECK(call_and_wait(notifier, mail_call("key-1")).has_value());
  sink->answer_with(503, std::string(3'000'000, 'x'));
  const auto refused = call_and_wait(notifier, mail_call("key-1"));
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().what, ContainsSubstring("503"));
}

TEST_CASE("a webhook that answers 200 and does not come to an end has got it",
          "[contract][notifier]") {
  const auto [head, taken] = GENERATE(table<std::string, bool>(
      {{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun", true},
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n", true},
       {"HTTP/1.1 200 OK\r\nContent-Le", false},
       {"HTTP/1.1 100 Continue\r\n\r\n", false}}));
  const test::LineServer server(head);
  Notifier notifier({.smtp_url = "", .webhook_url = server.http_url()});
  auto call = mail_call("key-1");
  call.timeout = 300ms;
  CHECK(call_and_wait(notifier, std::move(call)).has_value() == taken);
}

TEST_CASE("a webhook's answer says whether to try again", "[contract][notifier]") {
  const auto sink = *tool::WebhookSink::start();
  Notifier notifier({.smtp_url = "", .webhook_url = sink->url()});
  const auto [status, retryable] =
      GENERATE(table<int, bool>({{500, true}, {503, true}, {429, true}, {404, false}}));
  sink->answer_with(status);
  const auto result = call_and_wait(notifier, mail_call("key-1"));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().retryable == retryable);
  CHECK_THAT(result.error().what, ContainsSubstring(std::to_string(status)));
}

TEST_CASE("a mail server that is away is a retryable failure", "[contract][notifier]") {
  Notifier notifier(
      {.smtp_url = "smtp://127.0.0.1:" + std::to_string(tool::free_port()), .webhook_url = ""});
  const auto result = call_and_wait(notifier, mail_call("key-1"));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().retryable);
}

TEST_CASE("a header that would add a line sends nothing", "[contract][notifier]") {
  MailServer server;
  Notifier notifier({.smtp_url = server.sink->url(), .webhook_url = ""});
  const auto result = call_and_wait(notifier, mail_call("key-1", "Hi\r\nBcc: all@example.invalid"));
  REQUIRE_FALSE(result.has_value());
  CHECK_FALSE(result.error().retryable);
  CHECK(server.mails().empty());
}

}  // namespace
