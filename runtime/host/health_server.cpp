#include "runtime/host/health_server.hpp"

#include <charconv>
#include <shared_mutex>
#include <thread>
#include <utility>

#include <httplib.h>

#include "runtime/curl/http.hpp"

namespace troupe::host {

namespace {

constexpr std::chrono::milliseconds start_patience{5'000};

class Server final : public HealthServer {
public:
  explicit Server(HealthSources sources) : sources_(std::move(sources)) {
    http_.Get("/livez",
              [](const auto&, auto& response) { response.set_content("alive\n", "text/plain"); });
    http_.Get("/readyz", [this](const auto&, auto& response) {
      const std::shared_lock lock(mutex_);
      const auto readiness = sources_.readiness();
      response.status = readiness.ready ? 200 : 503;
      response.set_content(readiness.text, "text/plain");
    });
    http_.Get("/info", [this](const auto&, auto& response) {
      const std::shared_lock lock(mutex_);
      response.set_content(sources_.info() + "\n", "application/json");
    });
    http_.Get("/metrics", [this](const auto&, auto& response) {
      const std::shared_lock lock(mutex_);
      response.set_content(sources_.metrics(), "text/plain; version=0.0.4");
    });
    http_.new_task_queue = [] { return new httplib::ThreadPool(2); };
  }
  ~Server() override {
    http_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void show(HealthSources sources) override {
    const std::unique_lock lock(mutex_);
    sources_ = std::move(sources);
  }

  bool listen(const std::string& host, int port) {
    if (!http_.bind_to_port(host, port)) return false;
    thread_ = std::thread([this] { http_.listen_after_bind(); });
    // stop() has no effect before the loop runs, so the loop must have answered once.
    return curl::http_get("http://" + host + ":" + std::to_string(port) + "/livez", start_patience)
        .has_value();
  }

private:
  std::shared_mutex mutex_;
  HealthSources sources_;  // under mutex_
  httplib::Server http_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HealthServer>> HealthServer::start(const std::string& address,
                                                          HealthSources sources) {
  const auto colon = address.rfind(':');
  int port = 0;
  if (colon != std::string::npos)
    std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  if (port <= 0 || port > 65535)
    return permanent("node.health must be host:port, such as 127.0.0.1:8280, not " + address);
  auto server = std::make_unique<Server>(std::move(sources));
  if (!server->listen(address.substr(0, colon), port))
    return permanent("cannot listen on " + address
                     + " for health checks: choose another node.health, or empty for none");
  return std::unique_ptr<HealthServer>(std::move(server));
}

}  // namespace troupe::host
