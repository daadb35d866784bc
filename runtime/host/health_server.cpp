#include "runtime/host/health_server.hpp"

#include <shared_mutex>
#include <utility>

#include "runtime/host/http_server.hpp"

namespace troupe::host {

namespace {

class Server final : public HealthServer {
public:
  explicit Server(HealthSources sources) : sources_(std::move(sources)) {}

  void show(HealthSources sources) override {
    const std::unique_lock lock(mutex_);
    sources_ = std::move(sources);
  }

  Result<void> listen(const std::string& address) {
    auto http = HttpServer::listen(address, {.methods = {"GET", "HEAD"}, .body_bytes_max = 0},
                                   [this](const auto& request) { return answer(request.path()); });
    if (!http)
      return permanent("cannot listen on " + address + " for health checks (" + http.error().what
                       + "): give node.health another host:port, such as 127.0.0.1:8280, or empty "
                         "for none");
    http_ = std::move(*http);
    return {};
  }

private:
  HttpAnswer answer(std::string_view path) {
    if (path == "/livez") return {200, "alive\n"};
    const std::shared_lock lock(mutex_);
    if (path == "/readyz") return readiness();
    if (path == "/info") return {200, sources_.info() + "\n", "application/json"};
    if (path == "/metrics") return {200, sources_.metrics(), "text/plain; version=0.0.4"};
    return {404, "there are /livez, /readyz, /info and /metrics\n"};
  }

  HttpAnswer readiness() const {
    auto readiness = sources_.readiness();
    return {readiness.ready ? 200 : 503, std::move(readiness.text)};
  }

  std::shared_mutex mutex_;
  HealthSources sources_;             // under mutex_
  std::unique_ptr<HttpServer> http_;  // last: its thread reads the others
};

}  // namespace

Result<std::unique_ptr<HealthServer>> HealthServer::start(const std::string& address,
                                                          HealthSources sources) {
  auto server = std::make_unique<Server>(std::move(sources));
  if (auto listening = server->listen(address); !listening)
    return tl::make_unexpected(listening.error());
  return std::unique_ptr<HealthServer>(std::move(server));
}

}  // namespace troupe::host
