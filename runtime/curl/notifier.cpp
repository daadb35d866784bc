#include "runtime/curl/notifier.hpp"

#include <ctime>

#include <google/protobuf/util/json_util.h>
#include <spdlog/spdlog.h>

#include "runtime/base/secrets.hpp"
#include "runtime/base/traceparent.hpp"
#include "runtime/curl/http.hpp"
#include "runtime/curl/smtp.hpp"
#include "troupe/v1/mail.pb.h"

namespace troupe::curl {

namespace {

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

Result<void> post(const std::string& url, const v1::Mail& mail, const EffectCall& call) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(mail, &json).ok())
    return permanent("the mail cannot be written as JSON");
  std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/json"},
                                                           {"Idempotency-Key", call.key}};
  if (!call.traceparent.empty()) headers.emplace_back(traceparent_header, call.traceparent);
  const auto response = http_post(url, headers, json, call.timeout);
  if (!response) return tl::make_unexpected(response.error());
  if (response->status >= 200 && response->status < 300) return {};
  const std::string what = redacted(url) + " answered " + std::to_string(response->status);
  const bool hopeless = response->status >= 400 && response->status < 500 && response->status != 408
                        && response->status != 429;
  if (hopeless) return permanent(what);
  return retryable(what);
}

}  // namespace

Notifier::Notifier(NotifierOptions options) : options_(std::move(options)) {
  for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
}

Notifier::~Notifier() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  for (auto& job : queue_) job.done(retryable("the node is stopping"));
}

void Notifier::call(EffectCall call, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && queue_.size() < queue_max) {
      queue_.push_back({std::move(call), std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  done(retryable("too many notifications wait to be sent"));
}

void Notifier::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job.done(deliver(job.call));
    lock.lock();
  }
}

Result<MessagePtr> Notifier::deliver(const EffectCall& call) const {
  const auto* mail = dynamic_cast<const v1::Mail*>(call.request.get());
  if (mail == nullptr) return permanent("the effect " + call.effect + " does not carry a mail");
  const std::string message_id = "<" + call.key + "@troupe>";
  if (!options_.smtp_url.empty()) {
    const auto sent =
        send_mail(options_.smtp_url, envelope_of(*mail, options_.from, message_id), call.timeout);
    if (!sent) return tl::make_unexpected(sent.error());
  }
  if (!options_.webhook_url.empty()) {
    const auto sent = post(options_.webhook_url, *mail, call);
    if (!sent) return tl::make_unexpected(sent.error());
  }
  if (options_.smtp_url.empty() && options_.webhook_url.empty())
    spdlog::info("no mail server and no webhook is configured; not sent: {}", mail->subject());
  auto delivered = std::make_unique<v1::MailDelivered>();
  delivered->set_message_id(message_id);
  return MessagePtr(std::move(delivered));
}

}  // namespace troupe::curl
