#include "tools/troupe-bench/stage.hpp"

#include <fstream>

#include <spdlog/fmt/fmt.h>

#include "bench/v1/item.pb.h"
#include "runtime/curl/http.hpp"
#include "runtime/host/durability.hpp"
#include "runtime/nats/jetstream/streams.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "tools/servers/loopback.hpp"
#include "tools/servers/node_toml.hpp"
#include "tools/troupe-bench/json_program.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::tool {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds ready_patience = 30s;
constexpr std::chrono::milliseconds between_looks = 50ms;

/// How large the runtime's own commit of such a command is: the floor publishes as much.
std::size_t commit_bytes() {
  constexpr std::size_t payload = 128;
  constexpr std::size_t hash = 32;
  ::bench::v1::Recorded event;
  event.set_payload(std::string(payload, 'x'));
  v1::Commit commit;
  commit.set_context("bench");
  commit.set_aggregate("item");
  commit.set_id("i1234");
  commit.set_first_version(10);
  commit.set_command_id("12345678-123456");
  commit.set_command_type("Record");
  commit.set_command_hash(std::string(hash, 'x'));
  commit.set_correlation_id("12345678-123456");
  commit.mutable_issued_at()->set_seconds(1'700'000'000);
  commit.mutable_issued_at()->set_nanos(123'000'000);
  *commit.mutable_committed_at() = commit.issued_at();
  commit.set_node("bench-node");
  commit.set_previous_hash(std::string(hash, 'x'));
  commit.add_events()->PackFrom(event);
  return commit.ByteSizeLong();
}

}  // namespace

Result<std::unique_ptr<BenchStage>> BenchStage::start(BenchStageOptions options,
                                                      const program::StopSignals& signals) {
  auto folder = TempFolder::make("troupe-bench");
  if (!folder) return tl::make_unexpected(folder.error());
  std::unique_ptr<BenchStage> stage(
      new BenchStage(std::move(options), std::move(*folder), signals));
  if (auto started = stage->start_servers(); !started) return tl::make_unexpected(started.error());
  if (auto served = stage->serve(); !served) return tl::make_unexpected(served.error());
  return stage;
}

Result<void> BenchStage::start_servers() {
  for (const auto* name : {"nats", "redis"})
    std::filesystem::create_directories(folder_.path() / name);
  auto nats = PrivateNats::start(
      {.folder = folder_.path() / "nats", .sync_always = options_.durability == "durable"});
  if (!nats) return tl::make_unexpected(nats.error());
  nats_ = std::move(*nats);
  const auto durability =
      host::verified_durability(options_.durability, 1, {nats_->monitoring_url()});
  if (!durability) return tl::make_unexpected(durability.error());
  if (options_.who == Answering::runtime) {
    auto redis = PrivateRedis::start({.folder = folder_.path() / "redis"});
    if (!redis) return tl::make_unexpected(redis.error());
    redis_ = std::move(*redis);
  }
  auto connection = nats::Connection::open({.url = nats_->url(), .name = "troupe-bench"});
  if (!connection) return tl::make_unexpected(connection.error());
  connection_ = std::move(*connection);
  leaders_ = std::make_unique<nats::StreamLeaders>(*connection_);
  streams_ = std::make_unique<nats::JetStreamEventStreams>(*leaders_);
  return nats::ensure_streams(*connection_, *Token::parse("bench"), 1);
}

Result<void> BenchStage::serve() {
  health_port_ = free_port();
  auto child = ChildProcess::start(
      {.argv = this_program_with(server_command()), .log = folder_.path() / "server.log"});
  if (!child) return tl::make_unexpected(child.error());
  server_.emplace(std::move(*child));
  return wait_until_answered();
}

std::vector<std::string> BenchStage::server_command() const {
  if (options_.who == Answering::runtime) {
    write_node_configuration();
    std::vector<std::string> node{"node", "--config", (folder_.path() / "node.toml").string()};
    if (options_.view) node.emplace_back("--view");
    return node;
  }
  return {"floor-handler",
          "--nats",
          nats_->url(),
          "--body-bytes",
          std::to_string(commit_bytes()),
          "--publish",
          options_.who == Answering::floor_asap ? "asap" : "buffered"};
}

void BenchStage::write_node_configuration() const {
  std::ofstream(folder_.path() / "node.toml") << node_toml({
      {"node",
       {{"name", "bench-node"},
        {"contexts", {"bench"}},
        {"log_level", "warn"},
        {"health", "127.0.0.1:" + std::to_string(health_port_)}}},
      {"nats", {{"url", nats_->url()}, {"monitoring_url", nats_->monitoring_url()}}},
      {"redis", {{"url", redis_->url()}}},
      {"durability", {{"mode", options_.durability}}},
      {"instances",
       {{"live_max", options_.instances_max},
        {"live_mb_max", options_.instance_mb_max},
        {"idle_seconds", 3'600}}},
  });
}

/// Asks for a command that is malformed to the runtime and an event to the floor.
Result<void> BenchStage::wait_until_answered() {
  const auto deadline = std::chrono::steady_clock::now() + ready_patience;
  const bool floor = options_.who != Answering::runtime;
  const std::string subject =
      floor ? "cmd.bench.item.ready.Record" : "cmd.bench.item.ready.NoSuchCommand";
  while (std::chrono::steady_clock::now() < deadline && !signals_.wait_for(0ms)) {
    const auto reply = connection_->request_and_wait(subject, {}, "", 2s);
    if (reply.status == nats::Reply::Status::answered) {
      accepted_ += floor ? 1 : 0;
      return {};
    }
    if (server_->wait(between_looks)) return permanent("it ended at once: " + log_of("server"));
  }
  return permanent("it does not answer: " + log_of("server"));
}

Result<void> BenchStage::forget_snapshots() {
  redis_.reset();
  const auto folder = folder_.path() / "redis-without-snapshots";
  std::filesystem::create_directories(folder);
  auto redis = PrivateRedis::start({.folder = folder});
  if (!redis) return tl::make_unexpected(redis.error());
  redis_ = std::move(*redis);
  return {};
}

Result<LoadResult> BenchStage::load(const LoadOptions& options) {
  const auto log = folder_.path() / fmt::format("load-{}.log", ++loads_);
  std::vector<std::string> command{"load",
                                   "--nats",
                                   nats_->url(),
                                   "--instances",
                                   std::to_string(options.instances),
                                   "--zipf",
                                   std::to_string(options.zipf),
                                   "--payload",
                                   std::to_string(options.payload),
                                   "--outstanding",
                                   std::to_string(options.outstanding),
                                   "--rate",
                                   std::to_string(options.rate),
                                   "--warm-up",
                                   std::to_string(options.warm_up_s),
                                   "--seconds",
                                   std::to_string(options.seconds),
                                   "--seed",
                                   std::to_string(options.seed)};
  if (options.each_once) command.emplace_back("--each-once");
  const auto watch = [&](const std::string& name, pid_t process) {
    command.insert(command.end(), {"--watch", name + "=" + std::to_string(process)});
  };
  watch("node", server_->pid());
  watch("nats", nats_->process().pid());
  if (redis_) watch("redis", redis_->process().pid());

  const auto ended = run_program(this_program_with(std::move(command)), log, signals_);
  if (!ended) return permanent("the load generator: " + ended.error().what);
  if (ended->code != 0 || !ended->json.is_object())
    return permanent(
        fmt::format("the load generator ended with {}: {}", ended->code, ended->words));
  auto result = ended->json.get<LoadResult>();
  accepted_ += result.accepted_in_all;
  unknown_ += result.unknown_in_all;
  return result;
}

Result<LoadResult> BenchStage::activate(LoadOptions options) {
  constexpr std::size_t under_way = 1'000;
  options.each_once = true;
  options.outstanding = under_way;
  options.rate = 0;
  return load(options);
}

Result<Verified> BenchStage::verify() {
  return verify_stream(*streams_,
                       options_.who == Answering::runtime ? Writer::runtime : Writer::floor,
                       accepted_, unknown_);
}

nlohmann::json BenchStage::node_counts() const {
  const auto info = curl::http_get(fmt::format("http://127.0.0.1:{}/info", health_port_), 2s);
  if (!info) return nullptr;
  const auto json = nlohmann::json::parse(info->body, nullptr, false);
  const nlohmann::json::json_pointer context("/contexts/bench");
  return json.contains(context) ? json.at(context) : nullptr;
}

std::string BenchStage::log_of(const std::string& name) const {
  return last_line(folder_.path() / (name + ".log"));
}

}  // namespace troupe::tool
