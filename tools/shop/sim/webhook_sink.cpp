#include "tools/shop/sim/webhook_sink.hpp"

#include <condition_variable>
#include <mutex>

#include "runtime/host/http_server.hpp"

namespace troupe::tool {

namespace {

constexpr std::size_t body_bytes_max = 1'048'576;

class Sink final : public WebhookSink {
public:
  Result<void> listen() {
    auto http = host::HttpServer::listen("127.0.0.1:0",
                                         {.methods = {"POST"}, .body_bytes_max = body_bytes_max},
                                         [this](const auto& request) { return take(request); });
    if (!http) return tl::make_unexpected(http.error());
    http_ = std::move(*http);
    return {};
  }

  std::string url() const override {
    return "http://127.0.0.1:" + std::to_string(http_->port()) + "/";
  }

  void answer_with(int status, std::string body) override {
    const std::lock_guard lock(mutex_);
    status_ = status;
    body_ = std::move(body);
  }

  std::vector<Posted> wait_for(std::size_t count, std::chrono::milliseconds patience) override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return posted_.size() >= count; });
    return posted_;
  }

private:
  host::HttpAnswer take(const host::HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    posted_.push_back({.path = std::string(request.path()),
                       .body = std::string(request.body()),
                       .content_type = std::string(request.header("Content-Type")),
                       .idempotency_key = std::string(request.header("Idempotency-Key")),
                       .traceparent = std::string(request.header("traceparent"))});
    changed_.notify_all();
    return {.status = status_, .body = body_};
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Posted> posted_;
  int status_ = 200;
  std::string body_;
  std::unique_ptr<host::HttpServer> http_;  // last: its thread uses the others
};

}  // namespace

Result<std::unique_ptr<WebhookSink>> WebhookSink::start() {
  auto sink = std::make_unique<Sink>();
  if (auto listening = sink->listen(); !listening)
    return permanent("the webhook sink cannot listen on loopback: " + listening.error().what);
  return sink;
}

}  // namespace troupe::tool
