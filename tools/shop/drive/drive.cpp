#include "tools/shop/drive/drive.hpp"

#include <memory>

#include <poll.h>
#include <unistd.h>

#include "actors/all.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/stop_signals.hpp"
#include "tools/shop/demo/follower.hpp"
#include "tools/shop/demo/progress.hpp"
#include "tools/shop/demo/reader.hpp"
#include "tools/shop/demo/script.hpp"
#include "tools/shop/demo/senders.hpp"
#include "tools/shop/drive/probe.hpp"
#include "tools/shop/drive/repeats.hpp"
#include "tools/shop/drive/tally.hpp"

namespace troupe::tool {

namespace {

using Json = nlohmann::ordered_json;

/// Shorter than a client that waits for a person would take: a node that was paused answers
/// nothing.
constexpr std::chrono::milliseconds try_timeout{2'000};
/// With a context down for minutes nothing but probes may happen.
constexpr std::chrono::seconds quiet_max{300};

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
}

/// REQUIRES: nobody writes to it.
bool input_ended() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return poll(&input, 1, 0) != 0;
}

/// The parts of one drive, in the order of their making.
class Drive {
public:
  Drive(const DriveOptions& options, nats::Connection& commands, nats::Connection& reads,
        check::History& history)
      : options_(options),
        leaders_(reads),
        streams_(leaders_),
        straight_(commands),
        sender_(straight_, tally_),
        commands_(commands),
        history_(history),
        repeats_({.share = options.repeat_share, .seed = options.script.seed}, sender_, history,
                 stop_, patience()),
        driver_(sender_, history, stop_, driver_options()) {
    if (options.reads_per_second > 0)
      reader_ = std::make_unique<Reader>(options.reads_per_second, commands, history);
  }

  /// Fails when the record of the probes cannot be written.
  Result<void> begin_probes();
  DriveResult run(const Script& script);
  void give_up(const std::string& problem) { driver_.give_up(problem); }
  const Tally& tally() const { return tally_; }
  std::uint64_t repeats() const { return repeats_.sent(); }

private:
  /// A command outlives the load and what happens during it.
  Patience patience() const {
    return {.deadline = milliseconds(options_.seconds + options_.settle_seconds),
            .try_timeout = try_timeout};
  }
  DriverOptions driver_options();
  void note_submitted(const Wish& wish);
  std::vector<std::string> end_probes();

  const DriveOptions& options_;
  nats::StreamLeaders leaders_;
  nats::JetStreamEventStreams streams_;
  NatsSender straight_;
  Tally tally_;
  CountingSender sender_;
  nats::Connection& commands_;
  check::History& history_;
  StopFlag stop_;
  Repeats repeats_;
  std::unique_ptr<Reader> reader_;
  Driver driver_;
  std::unique_ptr<Probe> probe_;
};

DriverOptions Drive::driver_options() {
  DriverOptions driver{.open_orders_max = options_.open_orders_max,
                       .clients = options_.clients,
                       .patience = patience(),
                       .quiet_max = quiet_max,
                       .invoices_per_second = options_.orders_per_second,
                       .on_submit = [this](const Wish& wish) { note_submitted(wish); }};
  driver.may_begin = [this,
                      until = std::chrono::steady_clock::now() + milliseconds(options_.seconds)] {
    return (options_.seconds <= 0 || std::chrono::steady_clock::now() < until)
           && !(options_.until_eof && input_ended());
  };
  driver.on_begun = [this] { return end_probes(); };
  return driver;
}

void Drive::note_submitted(const Wish& wish) {
  repeats_.plan(wish);
  if (reader_) reader_->note(wish);
}

Result<void> Drive::begin_probes() {
  if (options_.probes_per_second <= 0) return {};
  auto lines = check::JsonLinesWriter::open(std::filesystem::path(options_.folder) / probe_file);
  if (!lines) return tl::make_unexpected(lines.error());
  probe_ = std::make_unique<Probe>(
      ProbeOptions{.slots = options_.slots, .per_second = options_.probes_per_second}, commands_,
      history_, tally_, std::move(*lines));
  return {};
}

/// The log comes to rest only without them.
std::vector<std::string> Drive::end_probes() {
  const bool settled = !probe_ || probe_->settle(milliseconds(options_.settle_seconds));
  probe_.reset();
  return settled ? std::vector<std::string>{} : std::vector<std::string>{"some probes are unknown"};
}

DriveResult Drive::run(const Script& script) {
  Progress progress;
  const Progress::Showing showing(progress, [this] { return driver_.progress(); });
  const Follower follower(streams_, all_context_names(),
                          {.commits = [this](const auto& commits) { driver_.apply(commits); },
                           .failed = [this](const auto& problem) { driver_.give_up(problem); }});
  auto result = driver_.run(script.invoices, script.stock);
  repeats_.finish();
  return result;
}

/// What was there before would be taken for this run's.
Result<void> check_empty(nats::Connection& connection) {
  nats::StreamLeaders leaders(connection);
  nats::JetStreamEventStreams streams(leaders);
  for (const auto& context : all_context_names()) {
    const auto last = streams.last_sequence(*Token::parse(context));
    if (!last) return tl::make_unexpected(last.error());
    if (*last > 0)
      return permanent("the log of " + context + " holds " + std::to_string(*last)
                       + " commits already; a drive starts from nothing");
  }
  return {};
}

Json summary(const DriveResult& result, const Drive& drive) {
  const auto& tally = drive.tally();
  Json json{{"commands", to_json(tally.counts())},
            {"repeats", drive.repeats()},
            {"orders",
             {{"placed", result.flow.placed},
              {"confirmed", result.flow.standing},
              {"cancelled", result.flow.cancelled},
              {"rejected", result.rejected}}},
            {"commits", result.flow.commits},
            {"seconds", result.seconds},
            {"started_ns", tally.started_ns()},
            {"accepted_per_s", tally.accepted_per_second()}};
  if (!result.problems.empty()) json["problems"] = result.problems;
  return json;
}

std::string sentence(const DriveResult& result, const Drive& drive) {
  const auto counts = drive.tally().counts();
  return std::to_string(result.flow.placed) + " orders, " + std::to_string(result.flow.standing)
         + " confirmed; commands: " + std::to_string(counts.ok) + " accepted, "
         + std::to_string(counts.rejected) + " rejected, " + std::to_string(counts.unknown)
         + " unknown at first, " + std::to_string(counts.unsettled) + " unsettled; "
         + std::to_string(drive.repeats()) + " sent again";
}

}  // namespace

int run_drive(const DriveOptions& options) {
  program::StopSignals signals;
  const auto script = write_script(options.script);
  if (!script) return program::complain(program::exit_usage, script.error().what);
  const auto commands = nats::Connection::open(options.nats.as("drive"));
  if (!commands) return program::complain(program::exit_usage, commands.error().what);
  const auto reads = nats::Connection::open(options.nats.as("drive reads"));
  if (!reads) return program::complain(program::exit_usage, reads.error().what);
  if (const auto empty = check_empty(**reads); !empty)
    return program::complain(program::exit_usage, empty.error().what);
  auto history = check::History::open(options.folder);
  if (!history) return program::complain(program::exit_usage, history.error().what);

  Drive drive(options, **commands, **reads, *history);
  if (const auto begun = drive.begin_probes(); !begun)
    return program::complain(program::exit_usage, begun.error().what);
  signals.on_stop([&drive] { drive.give_up("it was stopped"); });
  const auto result = drive.run(*script);
  signals.on_stop({});
  options.json ? program::say_json(summary(result, drive)) : program::say(sentence(result, drive));
  for (const auto& problem : result.problems) program::complain(program::exit_refused, problem);
  const bool settled = drive.tally().counts().unsettled == 0;
  return settled && result.problems.empty() ? program::exit_ok : program::exit_refused;
}

}  // namespace troupe::tool
