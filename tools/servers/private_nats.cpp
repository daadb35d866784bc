#include "tools/servers/private_nats.hpp"

#include <csignal>
#include <fstream>

#include "tools/servers/loopback.hpp"

namespace troupe::tool {

namespace {

constexpr std::chrono::milliseconds start_patience{20'000};

}  // namespace

std::string nats_server_program() {
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const auto beside = self.parent_path().parent_path() / "tools" / "nats-server";
  return std::filesystem::exists(beside, ignored) ? beside.string() : "nats-server";
}

PrivateNats::PrivateNats(PrivateNatsOptions options)
    : options_(std::move(options)), port_(free_port()), monitoring_port_(free_port()) {}

Result<std::unique_ptr<PrivateNats>> PrivateNats::start(PrivateNatsOptions options) {
  std::unique_ptr<PrivateNats> server(new PrivateNats(std::move(options)));
  std::ofstream(server->options_.folder / "nats.conf")
      << "listen: 127.0.0.1:" << server->port_ << "\n"
      << "http: 127.0.0.1:" << server->monitoring_port_ << "\n"
      << "ping_interval: 1s\nping_max: 2\n"
      << "jetstream {\n  store_dir: \"" << (server->options_.folder / "jetstream").string()
      << "\"\n"
      << (server->options_.sync_always ? "  sync_interval: always\n" : "")
      << server->options_.jetstream << "}\n"
      << server->options_.more;
  if (auto started = server->restart(); !started) return tl::make_unexpected(started.error());
  return server;
}

std::string PrivateNats::url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

std::string PrivateNats::monitoring_url() const {
  return "http://127.0.0.1:" + std::to_string(monitoring_port_);
}

void PrivateNats::kill_hard() {
  process_->signal(SIGKILL);
  process_->wait(ChildProcess::stop_patience);
}

Result<void> PrivateNats::restart() {
  auto child = ChildProcess::start({
      .argv = {nats_server_program(), "-c", (options_.folder / "nats.conf").string()},
      .log = options_.folder / "nats.log",
      .outlives_parent = options_.outlives_parent,
  });
  if (!child) return tl::make_unexpected(child.error());
  process_.emplace(std::move(*child));
  auto listening = wait_until_listening(*process_, port_, start_patience);
  if (!listening)
    return permanent("nats-server did not start: " + listening.error().what + "; see "
                     + (options_.folder / "nats.log").string()
                     + ", and run tools/setup when it is not installed");
  return {};
}

}  // namespace troupe::tool
