// Everything a run needs, as processes of its own: nats-server, Redis, mail sink, payment gateway
// and a node; started, watched, started again when one dies, and stopped.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/result.hpp"
#include "tools/servers/private_nats.hpp"
#include "tools/servers/private_redis.hpp"

namespace troupe::tool {

struct StageOptions {
  std::filesystem::path folder;  ///< exists; gets logs, ledgers, run.json and the servers' data
  std::string durability = "dev";
  double decline_rate = 0.02;
  std::uint64_t seed = 1;
  bool outlives_parent = false;  ///< needed for let_go()
  std::stop_token stop;          ///< ends the wait for the node
};

struct StageUrls {
  std::string nats;
  std::string nats_monitoring;
  std::string redis;
  std::string mail;
  std::string health;
};

/// run.json in the folder always names the processes and addresses of now, so that people and tests
/// can end one in mid-run. All processes are children of one thread, which also watches them.
/// Thread safe.
class Stage {
public:
  /// One that ends more often is not started again.
  static constexpr unsigned restarts_max = 10;
  static constexpr std::chrono::seconds ready_patience{60};

  /// Both run on the watching thread.
  struct Handlers {
    std::function<void(const std::string&)> note;    ///< one died and was started again
    std::function<void(const std::string&)> failed;  ///< the run cannot go on
  };

  /// Returns when the node is ready.
  static Result<std::unique_ptr<Stage>> start(StageOptions options, Handlers handlers);
  ~Stage();  ///< stops all processes, the node first

  const StageUrls& urls() const noexcept { return urls_; }
  std::map<std::string, pid_t> pids() const;

  /// Ends the watch; the processes go on without this program.
  /// REQUIRES: options.outlives_parent.
  void let_go();

private:
  /// One process: how to look at it and how to start it again after its end.
  struct Part {
    std::string name;
    std::function<ChildProcess&()> process;
    std::function<Result<void>()> start;
    unsigned restarts = 0;
  };

  Stage(StageOptions options, Handlers handlers);

  void live(std::promise<Result<void>> started);
  Result<void> start_parts();
  Result<void> add_servers();
  Result<void> add_program(const std::string& name, std::vector<std::string> arguments);
  void write_node_configuration() const;
  void watch();
  void revive(Part& part, int exit_code);
  void stop_parts();
  void write_run_file() const;
  Result<void> wait_until_ready() const;
  std::string last_words(const std::string& name) const;

  const StageOptions options_;
  const Handlers handlers_;
  StageUrls urls_;                  // constant after start
  int end_;                         // descriptor: written to when the watch is to end
  std::atomic<bool> ended_{false};  // the watch is over

  mutable std::mutex mutex_;  // guards what follows against pids() and let_go()
  std::unique_ptr<PrivateNats> nats_;
  std::unique_ptr<PrivateRedis> redis_;
  std::map<std::string, std::optional<ChildProcess>> programs_;
  std::vector<Part> parts_;  // in the order of their start
  bool let_go_ = false;
  std::thread thread_;
};

}  // namespace troupe::tool
