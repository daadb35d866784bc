// What one measured run needs, as processes of its own: nats-server, Redis, and a node or the
// floor.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/program/stop_signals.hpp"
#include "tools/servers/private_nats.hpp"
#include "tools/servers/private_redis.hpp"
#include "tools/servers/temp_folder.hpp"
#include "tools/troupe-bench/load.hpp"
#include "tools/troupe-bench/verify.hpp"

namespace troupe::tool {

/// Who answers the commands.
enum class Answering { runtime, floor_asap, floor_buffered };

struct BenchStageOptions {
  Answering who = Answering::runtime;
  std::string durability = "dev";  ///< dev, or durable: the server syncs before it acknowledges
  std::uint64_t instances_max = 100'000;   ///< that the node keeps in memory
  std::uint64_t instance_mb_max = 65'536;  ///< likewise
  bool view = false;                       ///< the node folds a view as well
};

/// Everything ends with it. Not thread safe; made and used on one thread that stays.
class BenchStage {
public:
  /// Returns when a command is answered, and the sync setting was read from the running server.
  static Result<std::unique_ptr<BenchStage>> start(BenchStageOptions options,
                                                   const program::StopSignals& signals);

  /// Runs the load generator as a process and waits for its end.
  Result<LoadResult> load(const LoadOptions& options);

  /// One command to each instance, as fast as it goes: what is measured afterwards is not loading.
  Result<LoadResult> activate(LoadOptions options);

  /// Of everything accepted through load() so far.
  Result<Verified> verify();

  /// Starts whoever answers, and waits until he does.
  Result<void> serve();
  /// SIGTERM, and waits for the end.
  void end_serving() { server_.reset(); }
  void fold_view(bool view) { options_.view = view; }  ///< from the next serve() on
  Result<void> forget_snapshots();                     ///< REQUIRES: nobody serves

  pid_t server() const { return server_->pid(); }
  nats::Connection& connection() { return *connection_; }
  std::string nats_url() const { return nats_->url(); }
  const std::filesystem::path& folder() const { return folder_.path(); }
  /// What the runtime's node says of its context in /info, or null.
  nlohmann::json node_counts() const;
  Result<std::uint64_t> last_sequence() { return streams_->last_sequence(*Token::parse("bench")); }

private:
  BenchStage(BenchStageOptions options, TempFolder folder, const program::StopSignals& signals)
      : options_(std::move(options)), signals_(signals), folder_(std::move(folder)) {}

  Result<void> start_servers();
  std::vector<std::string> server_command() const;
  void write_node_configuration() const;
  Result<void> wait_until_answered();
  std::string log_of(const std::string& name) const;

  BenchStageOptions options_;
  const program::StopSignals& signals_;
  TempFolder folder_;
  std::unique_ptr<PrivateNats> nats_;
  std::unique_ptr<PrivateRedis> redis_;
  std::unique_ptr<nats::Connection> connection_;
  std::unique_ptr<nats::StreamLeaders> leaders_;
  std::unique_ptr<EventStreams> streams_;
  std::optional<ChildProcess> server_;
  std::uint16_t health_port_ = 0;
  unsigned loads_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t unknown_ = 0;
};

}  // namespace troupe::tool
