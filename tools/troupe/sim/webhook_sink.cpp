#include "tools/troupe/sim/webhook_sink.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <httplib.h>

namespace troupe::tool {

namespace {

class Sink final : public WebhookSink {
public:
  Sink() {
    server_.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      posted_.push_back({.path = request.path,
                         .body = request.body,
                         .content_type = request.get_header_value("Content-Type"),
                         .idempotency_key = request.get_header_value("Idempotency-Key"),
                         .traceparent = request.get_header_value("traceparent")});
      response.status = status_;
      response.set_content(body_, "text/plain");
      changed_.notify_all();
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) return;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() does nothing before the server runs; a request that was answered shows that it does.
    httplib::Client("127.0.0.1", port_).Get("/");
  }

  ~Sink() override {
    if (!thread_.joinable()) return;
    server_.stop();
    thread_.join();
  }

  bool listens() const { return port_ > 0; }
  std::string url() const override { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

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
  httplib::Server server_;
  int port_ = 0;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Posted> posted_;
  int status_ = 200;
  std::string body_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<WebhookSink>> WebhookSink::start() {
  auto sink = std::make_unique<Sink>();
  if (!sink->listens()) return permanent("the webhook sink found no free port on loopback");
  return sink;
}

}  // namespace troupe::tool
