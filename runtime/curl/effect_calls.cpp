#include "runtime/curl/effect_calls.hpp"

#include <ctime>

#include <google/protobuf/util/json_util.h>

#include "runtime/base/assert.hpp"
#include "runtime/base/secrets.hpp"
#include "runtime/base/traceparent.hpp"
#include "runtime/curl/http.hpp"
#include "runtime/curl/smtp.hpp"
#include "troupe/v1/mail.pb.h"

namespace troupe::curl {

namespace {

namespace json = google::protobuf::util;

std::string rfc5322_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &parts);
  return text;
}

Envelope envelope_of(const v1::Mail& mail, const std::string& from, const std::string& message_id) {
  Envelope envelope{.from = from, .to = mail.to(), .headers = {}, .body = mail.body()};
  envelope.headers = {{"From", from},
                      {"To", mail.to()},
                      {"Subject", mail.subject()},
                      {"Date", rfc5322_date()},
                      {"Message-ID", message_id},
                      {"MIME-Version", "1.0"},
                      {"Content-Type", "text/plain; charset=utf-8"}};
  for (const auto& [name, value] : mail.headers()) envelope.headers.emplace_back(name, value);
  return envelope;
}

Result<MessagePtr> answer_in(const HttpResponse& response, const std::string& url,
                             const Message& prototype) {
  MessagePtr answer(prototype.New());
  if (prototype.GetDescriptor()->field_count() == 0) return answer;
  json::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (response.whole && json::JsonStringToMessage(response.body, answer.get(), options).ok())
    return answer;
  return retryable(redacted(url) + " answered " + std::to_string(response.status)
                   + " with a body that is no " + prototype.GetTypeName() + " in JSON");
}

}  // namespace

Result<MessagePtr> send_by_mail(const SmtpServer& server, const EffectCall& call) {
  const auto* mail = dynamic_cast<const v1::Mail*>(call.request.get());
  TROUPE_ASSERT(mail != nullptr, "only a mail is sent by mail");
  const std::string message_id = "<" + call.key + "@troupe>";
  const auto sent =
      send_mail(server.url, envelope_of(*mail, server.from, message_id), call.timeout);
  if (!sent) return tl::make_unexpected(sent.error());
  MessagePtr answer(call.answer->New());
  if (auto* delivered = dynamic_cast<v1::MailDelivered*>(answer.get()))
    delivered->set_message_id(message_id);
  return answer;
}

Result<MessagePtr> post_to_webhook(const std::string& url, const EffectCall& call) {
  std::string body;
  if (!json::MessageToJsonString(*call.request, &body).ok())
    return permanent("the request of " + call.effect + " cannot be written as JSON");
  std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/json"},
                                                           {"Idempotency-Key", call.key}};
  if (!call.traceparent.empty()) headers.emplace_back(traceparent_header, call.traceparent);
  const auto response = http_post(url, headers, body, call.timeout);
  if (!response) return tl::make_unexpected(response.error());
  if (response->status >= 200 && response->status < 300)
    return answer_in(*response, url, *call.answer);
  const std::string what = redacted(url) + " answered " + std::to_string(response->status);
  const bool hopeless = response->status >= 400 && response->status < 500 && response->status != 408
                        && response->status != 429;
  if (hopeless) return permanent(what);
  return retryable(what);
}

}  // namespace troupe::curl
