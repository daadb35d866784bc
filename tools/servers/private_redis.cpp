#include "tools/servers/private_redis.hpp"

#include <csignal>

#include "tools/servers/loopback.hpp"

namespace troupe::tool {

namespace {

constexpr std::chrono::milliseconds start_patience{20'000};

}  // namespace

PrivateRedis::PrivateRedis(PrivateRedisOptions options)
    : options_(std::move(options)), port_(free_port()) {}

Result<std::unique_ptr<PrivateRedis>> PrivateRedis::start(PrivateRedisOptions options) {
  std::unique_ptr<PrivateRedis> server(new PrivateRedis(std::move(options)));
  if (auto started = server->restart(); !started) return tl::make_unexpected(started.error());
  return server;
}

std::string PrivateRedis::url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

void PrivateRedis::kill_hard() {
  process_->signal(SIGKILL);
  process_->wait(ChildProcess::stop_patience);
}

Result<void> PrivateRedis::restart() {
  auto child = ChildProcess::start({
      .argv = {"redis-server", "--bind", "127.0.0.1", "--port", std::to_string(port_), "--dir",
               options_.folder.string(), "--save", "", "--appendonly", "yes", "--appendfsync",
               "everysec", "--maxmemory-policy", "noeviction"},
      .log = options_.folder / "redis.log",
      .outlives_parent = options_.outlives_parent,
  });
  if (!child) return tl::make_unexpected(child.error());
  process_.emplace(std::move(*child));
  auto listening = wait_until_listening(*process_, port_, start_patience);
  if (!listening)
    return permanent("redis-server did not start: " + listening.error().what + "; see "
                     + (options_.folder / "redis.log").string()
                     + ", and run tools/setup when it is not installed");
  return {};
}

}  // namespace troupe::tool
