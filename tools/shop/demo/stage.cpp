#include "tools/shop/demo/stage.hpp"

#include <fstream>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "runtime/curl/http.hpp"
#include "tools/servers/loopback.hpp"
#include "tools/servers/node_toml.hpp"
#include "tools/shop/demo/patient_client.hpp"

namespace troupe::tool {

namespace {

constexpr std::chrono::milliseconds between_looks{50};
constexpr std::chrono::milliseconds look_timeout{2'000};

std::string this_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string loopback(const std::string& scheme, std::uint16_t port) {
  return scheme + "://127.0.0.1:" + std::to_string(port);
}

std::string port_of(const std::string& url) { return url.substr(url.rfind(':') + 1); }

/// The descriptors of processes become readable when they end.
class ProcessDescriptors {
public:
  explicit ProcessDescriptors(int wake_up) { polled_.push_back({wake_up, POLLIN, 0}); }
  ~ProcessDescriptors() {
    for (std::size_t i = 1; i < polled_.size(); ++i) close(polled_[i].fd);
  }
  ProcessDescriptors(const ProcessDescriptors&) = delete;
  ProcessDescriptors& operator=(const ProcessDescriptors&) = delete;

  void add(pid_t pid) {
    polled_.push_back({static_cast<int>(syscall(SYS_pidfd_open, pid, 0)), POLLIN, 0});
  }
  /// Waits until a process ends; false: woken up.
  bool wait() {
    while (poll(polled_.data(), polled_.size(), -1) < 0) {
    }
    return polled_[0].revents == 0;
  }

private:
  std::vector<pollfd> polled_;
};

}  // namespace

Result<std::unique_ptr<Stage>> Stage::start(StageOptions options, Handlers handlers) {
  std::unique_ptr<Stage> stage{new Stage(std::move(options), std::move(handlers))};
  std::promise<Result<void>> started;
  auto outcome = started.get_future();
  stage->thread_ = std::thread(&Stage::live, stage.get(), std::move(started));
  if (const auto done = outcome.get(); !done) return tl::make_unexpected(done.error());
  if (const auto ready = stage->wait_until_ready(); !ready)
    return tl::make_unexpected(ready.error());
  return stage;
}

Stage::Stage(StageOptions options, Handlers handlers)
    : options_(std::move(options)), handlers_(std::move(handlers)), end_(eventfd(0, EFD_CLOEXEC)) {}

Stage::~Stage() {
  eventfd_write(end_, 1);
  if (thread_.joinable()) thread_.join();
  close(end_);
}

/// The watching thread starts and stops as well: the kernel ends a child when its thread ends.
void Stage::live(std::promise<Result<void>> started) {
  auto outcome = start_parts();
  const bool complete = outcome.has_value();
  started.set_value(std::move(outcome));
  if (complete) watch();
  ended_ = true;
  stop_parts();
}

Result<void> Stage::start_parts() {
  if (auto done = add_servers(); !done) return done;
  const auto folder = options_.folder.string();
  urls_.mail = loopback("smtp", free_port());
  urls_.health = loopback("http", free_port());
  write_node_configuration();
  if (auto done = add_program("mail-sink", {"--port", port_of(urls_.mail), "--ledger", folder});
      !done)
    return done;
  if (auto done = add_program("gateway", {"--nats", urls_.nats, "--ledger", folder, "--seed",
                                          std::to_string(options_.seed), "--decline-rate",
                                          std::to_string(options_.decline_rate)});
      !done)
    return done;
  return add_program("node", {"--config", (options_.folder / "node.toml").string()});
}

Result<void> Stage::add_servers() {
  const std::lock_guard lock(mutex_);
  for (const auto* name : {"nats", "redis"}) {
    std::error_code error;
    std::filesystem::create_directories(options_.folder / name, error);
    if (error)
      return permanent("cannot make a folder in " + options_.folder.string() + ": "
                       + error.message());
  }
  auto nats = PrivateNats::start({.folder = options_.folder / "nats",
                                  .sync_always = options_.durability == "durable",
                                  .outlives_parent = options_.outlives_parent});
  if (!nats) return tl::make_unexpected(nats.error());
  nats_ = std::move(*nats);
  auto redis = PrivateRedis::start(
      {.folder = options_.folder / "redis", .outlives_parent = options_.outlives_parent});
  if (!redis) return tl::make_unexpected(redis.error());
  redis_ = std::move(*redis);
  urls_.nats = nats_->url();
  urls_.nats_monitoring = nats_->monitoring_url();
  urls_.redis = redis_->url();
  parts_.push_back({.name = "nats",
                    .process = [this]() -> ChildProcess& { return nats_->process(); },
                    .start = [this] { return nats_->restart(); }});
  parts_.push_back({.name = "redis",
                    .process = [this]() -> ChildProcess& { return redis_->process(); },
                    .start = [this] { return redis_->restart(); }});
  return {};
}

/// `name` is a command of this very program.
Result<void> Stage::add_program(const std::string& name, std::vector<std::string> arguments) {
  const std::lock_guard lock(mutex_);
  arguments.insert(arguments.begin(), {this_program(), name});
  const auto start = [this, name, arguments]() -> Result<void> {
    auto child = ChildProcess::start({.argv = arguments,
                                      .log = options_.folder / (name + ".log"),
                                      .outlives_parent = options_.outlives_parent});
    if (!child) return tl::make_unexpected(child.error());
    programs_[name].emplace(std::move(*child));
    return {};
  };
  if (auto started = start(); !started) return started;
  parts_.push_back({.name = name,
                    .process = [this, name]() -> ChildProcess& { return *programs_[name]; },
                    .start = start});
  write_run_file();
  return {};
}

void Stage::write_node_configuration() const {
  std::ofstream(options_.folder / "node.toml") << node_toml({
      {"node", {{"name", "demo-node"}, {"health", "127.0.0.1:" + port_of(urls_.health)}}},
      {"nats", {{"url", urls_.nats}, {"monitoring_url", urls_.nats_monitoring}}},
      {"redis", {{"url", urls_.redis}}},
      {"durability", {{"mode", options_.durability}}},
      {"notifications", {{"smtp_url", urls_.mail}}},
  });
}

void Stage::watch() {
  for (;;) {
    bool all_run = true;
    for (auto& part : parts_) {
      const auto exit_code = part.process().wait(std::chrono::milliseconds{0});
      if (!exit_code) continue;
      all_run = false;
      if (part.restarts == restarts_max)
        return handlers_.failed("the " + part.name + " ended too often; see the logs in "
                                + options_.folder.string());
      revive(part, *exit_code);
    }
    if (!all_run) continue;
    ProcessDescriptors descriptors(end_);
    for (const auto& part : parts_) descriptors.add(part.process().pid());
    if (!descriptors.wait()) return;
  }
}

void Stage::revive(Part& part, int exit_code) {
  const std::lock_guard lock(mutex_);
  ++part.restarts;
  const auto what = "The " + part.name + " (process " + std::to_string(part.process().pid())
                    + ") ended with code " + std::to_string(exit_code);
  const auto started = part.start();
  write_run_file();
  if (started)
    handlers_.note(what + "; it was started again.");
  else
    handlers_.note(what + " and does not start again: " + started.error().what);
}

void Stage::stop_parts() {
  const std::lock_guard lock(mutex_);
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part)
    if (let_go_)
      part->process().let_go();
    else
      part->process().stop();
  parts_.clear();
  programs_.clear();
  redis_.reset();
  nats_.reset();
}

std::map<std::string, pid_t> Stage::pids() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, pid_t> all;
  for (const auto& part : parts_) all[part.name] = part.process().pid();
  return all;
}

void Stage::let_go() {
  {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
  }
  eventfd_write(end_, 1);
  thread_.join();
}

/// Replaces the file in one step: whoever reads it reads a whole one.
void Stage::write_run_file() const {
  nlohmann::json run{{"folder", options_.folder.string()},
                     {"demo", {{"pid", getpid()}}},
                     {"nats", {{"url", urls_.nats}, {"monitoring_url", urls_.nats_monitoring}}},
                     {"redis", {{"url", urls_.redis}}},
                     {"mail-sink", {{"url", urls_.mail}}},
                     {"node", {{"health_url", urls_.health}}}};
  for (const auto& part : parts_) run[part.name]["pid"] = part.process().pid();
  const auto file = options_.folder / "run.json";
  const auto fresh = options_.folder / "run.json.new";
  std::ofstream(fresh) << run.dump(2) << "\n";
  std::error_code ignored;
  std::filesystem::rename(fresh, file, ignored);
}

Result<void> Stage::wait_until_ready() const {
  StopFlag pace;
  const auto deadline = std::chrono::steady_clock::now() + ready_patience;
  std::string last = "it does not listen";
  while (!ended_ && !options_.stop.stop_requested()
         && std::chrono::steady_clock::now() < deadline) {
    const auto answer = curl::http_get(urls_.health + "/readyz", look_timeout);
    if (answer && answer->status == 200) return {};
    if (answer) last = answer->body;
    pace.wait_for(between_looks);
  }
  if (options_.stop.stop_requested()) return permanent("it was stopped");
  if (ended_) last = last_words("node");
  return permanent("the node did not get ready: " + last + "; see the logs in "
                   + options_.folder.string());
}

/// The last line of a process's log.
std::string Stage::last_words(const std::string& name) const {
  std::ifstream log(options_.folder / (name + ".log"));
  std::string last;
  for (std::string line; std::getline(log, line);)
    if (!line.empty()) last = line;
  return last;
}

}  // namespace troupe::tool
