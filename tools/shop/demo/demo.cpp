#include "tools/shop/demo/demo.hpp"
#include "tools/shop/books/shop_invariants.hpp"

#include <memory>
#include <optional>
#include <stop_token>

#include "actors/all.hpp"
#include "runtime/check/check.hpp"
#include "runtime/check/run/collect.hpp"
#include "runtime/check/run/jetstream_backlog.hpp"
#include "runtime/check/run/jetstream_records.hpp"
#include "runtime/host/memory_node.hpp"
#include "runtime/nats/claims/system_id.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/stop_signals.hpp"
#include "runtime/redis/redis_view_store.hpp"
#include "tools/figures/cpu_time.hpp"
#include "tools/servers/temp_folder.hpp"
#include "tools/shop/demo/follower.hpp"
#include "tools/shop/demo/keep.hpp"
#include "tools/shop/demo/memory_backlog.hpp"
#include "tools/shop/demo/process_look.hpp"
#include "tools/shop/demo/progress.hpp"
#include "tools/shop/demo/reader.hpp"
#include "tools/shop/demo/script.hpp"
#include "tools/shop/demo/senders.hpp"
#include "tools/shop/demo/stage.hpp"
#include "tools/shop/demo/summary.hpp"
#include "tools/shop/sim/simulated_effects.hpp"

namespace troupe::tool {

namespace {

/// How long the last timers, acknowledgements and views may take once every order has ended.
constexpr std::chrono::seconds rest_patience{30};
/// Of views, while orders are driven.
constexpr double reads_per_second = 5;

/// Where a run's files go: the folder asked for, else a temporary one that goes again.
class RunFolder {
public:
  static Result<std::unique_ptr<RunFolder>> make(const std::string& wanted) {
    auto folder = std::make_unique<RunFolder>();
    if (wanted.empty()) {
      auto temporary = TempFolder::make("troupe-demo");
      if (!temporary) return tl::make_unexpected(temporary.error());
      folder->temporary_.emplace(std::move(*temporary));
      folder->path_ = folder->temporary_->path();
      return folder;
    }
    std::error_code error;
    std::filesystem::create_directories(wanted, error);
    if (!error) folder->path_ = std::filesystem::absolute(wanted, error);
    if (error) return permanent("cannot make the folder " + wanted + ": " + error.message());
    if (!std::filesystem::is_empty(folder->path_, error))
      return permanent("the folder " + wanted + " is not empty; a run starts from nothing");
    return folder;
  }
  const std::filesystem::path& path() const { return path_; }
  void keep() {
    if (temporary_) temporary_->keep();
  }

private:
  std::optional<TempFolder> temporary_;
  std::filesystem::path path_;
};

/// Hands the first bad news to whoever can end the run, as soon as there is somebody. Thread safe.
class Alarm {
public:
  void raise(const std::string& problem) {
    const std::lock_guard lock(mutex_);
    if (problem_) return;
    problem_ = problem;
    if (handler_) handler_(*problem_);
  }
  /// Replaces the handler; the former one does not run afterwards.
  void on_raise(std::function<void(const std::string&)> handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
    if (problem_ && handler_) handler_(*problem_);
  }

private:
  std::mutex mutex_;
  std::optional<std::string> problem_;
  std::function<void(const std::string&)> handler_;
};

/// One run, in memory or on servers of its own.
class DemoRun {
public:
  DemoRun(const DemoOptions& options, const Script& script, program::StopSignals& signals)
      : options_(options), script_(script), signals_(signals) {
    signals_.on_stop([this] {
      stopped_.request_stop();
      alarm_.raise("it was stopped");
    });
  }
  ~DemoRun() { signals_.on_stop({}); }
  DemoRun(const DemoRun&) = delete;
  DemoRun& operator=(const DemoRun&) = delete;

  int in_memory(const std::filesystem::path& folder);
  int on_servers(const std::filesystem::path& folder);

private:
  int play(CommandSender& sender, const check::Sources& sources,
           const std::filesystem::path& folder);
  DriveResult drive(CommandSender& sender, EventStreams& streams, check::History& history);
  std::map<std::string, double> cpu_by_process() const;
  Result<void> look_at_processes(const std::filesystem::path& folder) const;
  Result<check::Report> check_run(const check::Sources& sources,
                                  const std::filesystem::path& folder, DriveResult& result) const;

  const DemoOptions& options_;
  const Script& script_;
  program::StopSignals& signals_;
  std::stop_source stopped_;
  Alarm alarm_;
  Progress progress_;
  // When it runs on servers.
  const Stage* stage_ = nullptr;
  nats::Connection* asking_ = nullptr;
};

int DemoRun::in_memory(const std::filesystem::path& folder) {
  auto mails = MailLedger::open(folder);
  if (!mails) return program::complain(program::exit_usage, mails.error().what);
  const auto gateway =
      Gateway::open({.seed = options_.script.seed, .decline_rate = options_.decline_rate}, folder);
  if (!gateway) return program::complain(program::exit_usage, gateway.error().what);
  SimulatedEffects effects(**gateway, *mails);
  const auto node = host::MemoryNode::start(all_contexts(), effects);
  if (!node) return program::complain(program::exit_usage, node.error().what);
  BusSender sender((*node)->commands());
  MemoryBacklog backlogs((*node)->broker());
  return play(sender,
              {.streams = (*node)->streams(), .views = (*node)->views(), .backlogs = backlogs},
              folder);
}

int DemoRun::on_servers(const std::filesystem::path& folder) {
  progress_.note("Starting nats-server, Redis, mail sink, payment gateway and node in "
                 + folder.string());
  const auto stage = Stage::start({.folder = folder,
                                   .durability = options_.durability,
                                   .decline_rate = options_.decline_rate,
                                   .seed = options_.script.seed,
                                   .outlives_parent = options_.keep,
                                   .stop = stopped_.get_token()},
                                  {.note = [this](const auto& line) { progress_.note(line); },
                                   .failed = [this](const auto& what) { alarm_.raise(what); }});
  if (!stage) return program::complain(program::exit_usage, stage.error().what);
  stage_ = stage->get();
  const auto& urls = (*stage)->urls();
  const auto redis = redis::parse_redis_url(urls.redis);
  if (!redis) return program::complain(program::exit_usage, redis.error().what);
  const auto commands = nats::Connection::open({.url = urls.nats, .name = "demo clients"});
  if (!commands) return program::complain(program::exit_usage, commands.error().what);
  const auto reads = nats::Connection::open({.url = urls.nats, .name = "demo reads"});
  if (!reads) return program::complain(program::exit_usage, reads.error().what);
  const auto system = nats::find_system(**reads);
  if (!system) return program::complain(program::exit_usage, system.error().what);

  NatsSender sender(**commands);
  nats::StreamLeaders leaders(**reads);
  nats::JetStreamEventStreams streams(leaders);
  redis::RedisViewStore views(*redis, redis::Keys(*system));
  check::JetStreamBacklog backlogs(**reads);
  check::JetStreamRecords records(**reads);
  const check::Sources sources{
      .streams = streams, .views = views, .backlogs = backlogs, .records = &records};
  asking_ = commands->get();
  const int code = play(sender, sources, folder);
  if (options_.keep && !stopped_.stop_requested()) {
    const auto text = how_to_go_on(**stage, folder);
    options_.json ? progress_.note(text) : program::say(text);
    (*stage)->let_go();
  }
  return code;
}

int DemoRun::play(CommandSender& sender, const check::Sources& sources,
                  const std::filesystem::path& folder) {
  auto history = check::History::open(folder);
  if (!history) return program::complain(program::exit_usage, history.error().what);
  if (const auto looked = look_at_processes(folder); !looked)
    return program::complain(program::exit_usage, looked.error().what);
  auto result = drive(sender, sources.streams, *history);
  if (stopped_.stop_requested())
    return program::complain(program::exit_refused, "the run was stopped");
  const auto report = check_run(sources, folder, result);
  if (!report) return program::complain(program::exit_refused, report.error().what);
  options_.json ? program::say_json(summary_json(result, *report))
                : program::say(summary_text(result, *report));
  for (const auto& problem : result.problems) program::complain(program::exit_refused, problem);
  return result.problems.empty() && report->passed() ? program::exit_ok : program::exit_refused;
}

DriveResult DemoRun::drive(CommandSender& sender, EventStreams& streams, check::History& history) {
  StopFlag stop;
  std::unique_ptr<Reader> reader;
  if (asking_ != nullptr) reader = std::make_unique<Reader>(reads_per_second, *asking_, history);
  DriverOptions options;
  if (reader) options.on_submit = [&reader](const Wish& wish) { reader->note(wish); };
  Driver driver(sender, history, stop, std::move(options));
  alarm_.on_raise([&driver](const std::string& problem) { driver.give_up(problem); });
  const auto cpu_before = cpu_by_process();
  auto result = [&] {
    const Progress::Showing showing(progress_, [&driver] { return driver.progress(); });
    const Follower follower(streams, all_context_names(),
                            {.commits = [&](const auto& commits) { driver.apply(commits); },
                             .failed = [&](const auto& problem) { driver.give_up(problem); }});
    return driver.run(script_.invoices, script_.stock);
  }();
  alarm_.on_raise({});
  if (reader && result.problems.empty()) reader->finish();
  for (const auto& [name, seconds] : cpu_by_process()) {
    const auto before = cpu_before.at(name);
    const bool started_again = seconds < before;
    result.cpu_s[name] = started_again ? seconds : seconds - before;
  }
  return result;
}

std::map<std::string, double> DemoRun::cpu_by_process() const {
  std::map<std::string, double> seconds;
  if (stage_ != nullptr)
    for (const auto& [name, process] : stage_->pids()) seconds[name] = cpu_seconds(process);
  return seconds;
}

/// At the product's own: the simulated world outside keeps all that it was asked.
Result<void> DemoRun::look_at_processes(const std::filesystem::path& folder) const {
  if (stage_ == nullptr) return {};
  auto processes = stage_->pids();
  std::erase_if(processes,
                [](const auto& one) { return one.first == "mail-sink" || one.first == "gateway"; });
  return record_processes(folder, processes, stage_->urls().health);
}

Result<check::Report> DemoRun::check_run(const check::Sources& sources,
                                         const std::filesystem::path& folder,
                                         DriveResult& result) const {
  const auto contexts = check::contexts_to_collect(all_contexts());
  if (!contexts) return tl::make_unexpected(contexts.error());
  const auto deadline = std::chrono::steady_clock::now() + rest_patience;
  // A run that was given up does not come to rest, or not soon; what there is is checked.
  if (result.problems.empty())
    if (const auto rest =
            check::wait_until_settled(sources, *contexts, deadline, stopped_.get_token());
        !rest)
      result.problems.push_back(rest.error().what);
  if (const auto looked = look_at_processes(folder); !looked)
    return tl::make_unexpected(looked.error());
  auto run = collect(sources, *contexts);
  if (!run) return tl::make_unexpected(run.error());
  ShopInvariants invariants;
  if (const auto added = check::add_records(*run, folder, &invariants); !added)
    return tl::make_unexpected(added.error());
  return check::check_run(*run, all_contexts(), &invariants);
}

}  // namespace

int run_demo(const DemoOptions& options) {
  program::StopSignals signals;
  const auto script = write_script(options.script);
  if (!script) return program::complain(program::exit_usage, script.error().what);
  const auto folder = RunFolder::make(options.folder);
  if (!folder) return program::complain(program::exit_usage, folder.error().what);
  const auto& path = (*folder)->path();
  DemoRun run(options, *script, signals);
  const int code = options.memory ? run.in_memory(path) : run.on_servers(path);
  const bool worth_a_look =
      code != program::exit_ok && !signals.wait_for(std::chrono::milliseconds{0});
  if (options.keep || worth_a_look) (*folder)->keep();
  if (worth_a_look)
    program::complain(program::exit_refused,
                      "logs and ledgers of this run are in " + path.string());
  return code;
}

}  // namespace troupe::tool
