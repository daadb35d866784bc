#include "tools/troupe-bench/load.hpp"

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include <spdlog/fmt/fmt.h>

#include "bench/v1/item.pb.h"
#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/identity.hpp"
#include "tools/figures/cpu_time.hpp"
#include "tools/figures/histogram.hpp"
#include "tools/troupe-bench/keys.hpp"

namespace troupe::tool {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds answer_timeout = 6s;
/// A command that is refused for now is sent again on the next tick, so often at most.
constexpr std::chrono::milliseconds tick = 20ms;
constexpr unsigned repeats_max = 500;
/// In the open loop no more than so many are under way: beyond it the system is not keeping up at
/// all, and what would be sent waits, which its latency shows.
constexpr std::size_t open_loop_max = 20'000;

class Load {
public:
  Load(const LoadOptions& options, std::unique_ptr<nats::Connection> connection)
      : options_(options),
        keys_(options.instances, options.zipf, options.seed),
        run_id_(random_id().substr(0, 8)),
        connection_(std::move(connection)) {
    ::bench::v1::Record command;
    command.set_payload(std::string(options.payload, 'x'));
    body_ = command.SerializeAsString();
  }

  LoadResult run();

private:
  /// A command under way.
  struct Command {
    std::string subject;
    std::string id;
    Clock::time_point begun;
    unsigned repeats = 0;
  };

  Command make(Clock::time_point begun);
  void send(Command command);
  void answered(Command command, const nats::Reply& reply);
  bool wants_more(Clock::time_point now) const;
  void refill();
  void keep_rate(Clock::time_point now);
  void repeat_refused();
  std::map<std::string, double> cpu() const;

  const LoadOptions& options_;
  Keys keys_;
  const std::string run_id_;
  std::string body_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  Clock::time_point started_{};
  Clock::time_point measured_from_{};
  Clock::time_point ends_{};
  std::uint64_t made_ = 0;
  std::size_t under_way_ = 0;
  std::deque<Command> refused_;
  Histogram latencies_;
  LoadResult result_;

  std::unique_ptr<nats::Connection> connection_;  // last: its callbacks use the others
};

Load::Command Load::make(Clock::time_point begun) {
  const auto instance = options_.each_once ? made_ : keys_.next();
  ++made_;
  return {.subject = fmt::format("cmd.bench.item.i{}.Record", instance),
          .id = fmt::format("{}-{}", run_id_, made_),
          .begun = begun};
}

void Load::send(Command command) {
  const std::string subject = command.subject;
  const nats::Headers headers{{"Troupe-Command-Id", command.id}};
  connection_->request(subject, headers, body_, answer_timeout,
                       [this, command = std::move(command)](const nats::Reply& reply) mutable {
                         answered(std::move(command), reply);
                       });
}

void Load::answered(Command command, const nats::Reply& reply) {
  const auto now = Clock::now();
  const bool came = reply.status == nats::Reply::Status::answered;
  const auto code = came ? reply.message.header("Nats-Service-Error-Code") : std::nullopt;
  const bool accepted = came && !code;
  const bool for_now = !came || code == "429" || code == "503" || code == "504";
  std::optional<Command> next;
  {
    const std::lock_guard lock(mutex_);
    if (for_now && command.repeats++ < repeats_max) {
      ++result_.repeats_in_all;
      refused_.push_back(std::move(command));
      return;
    }
    ++(accepted ? result_.accepted_in_all
                : (for_now ? result_.unknown_in_all : result_.rejected_in_all));
    if (accepted && now >= measured_from_ && now < ends_) {
      ++result_.accepted;
      latencies_.add(now - command.begun);
    }
    --under_way_;
    if (options_.rate <= 0 && wants_more(now)) {
      ++under_way_;
      next = make(now);
    }
    if (under_way_ == 0) changed_.notify_all();
  }
  if (next) send(*std::move(next));
}

bool Load::wants_more(Clock::time_point now) const {
  return options_.each_once ? made_ < options_.instances : now < ends_;
}

void Load::refill() {
  std::vector<Command> first;
  {
    const std::lock_guard lock(mutex_);
    for (; under_way_ < options_.outstanding && wants_more(Clock::now()); ++under_way_)
      first.push_back(make(Clock::now()));
  }
  for (auto& command : first) send(std::move(command));
}

/// Sends what should have been sent by now.
void Load::keep_rate(Clock::time_point now) {
  std::vector<Command> due;
  {
    const std::lock_guard lock(mutex_);
    for (; under_way_ < open_loop_max; ++under_way_) {
      const auto begins =
          started_
          + std::chrono::duration_cast<Clock::duration>(
              std::chrono::duration<double>(static_cast<double>(made_) / options_.rate));
      if (begins > now || begins >= ends_) break;
      due.push_back(make(begins));
    }
  }
  for (auto& command : due) send(std::move(command));
}

void Load::repeat_refused() {
  std::deque<Command> again;
  {
    const std::lock_guard lock(mutex_);
    again.swap(refused_);
  }
  for (auto& command : again) send(std::move(command));
}

std::map<std::string, double> Load::cpu() const {
  std::map<std::string, double> seconds{{"load", cpu_seconds(getpid())}};
  for (const auto& [name, process] : options_.watched) seconds[name] = cpu_seconds(process);
  return seconds;
}

LoadResult Load::run() {
  const auto span = [](double s) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
  };
  std::map<std::string, double> cpu_before = cpu();
  {
    const std::lock_guard lock(mutex_);
    started_ = Clock::now();
    measured_from_ = started_ + (options_.each_once ? 0s : span(options_.warm_up_s));
    ends_ = options_.each_once ? Clock::time_point::max() : measured_from_ + span(options_.seconds);
  }
  const auto between = options_.rate > 0 ? 1ms : tick;
  bool measuring = options_.each_once;
  bool measured = false;
  if (options_.rate <= 0) refill();
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto now = Clock::now();
    if (!measuring && now >= measured_from_) {
      measuring = true;
      cpu_before = cpu();
    }
    if (!measured && (now >= ends_ || (options_.each_once && under_way_ == 0))) {
      measured = true;
      for (const auto& [name, seconds] : cpu()) result_.cpu_s[name] = seconds - cpu_before[name];
      ends_ = std::min(ends_, now);
    }
    if (measured && under_way_ == 0) break;
    lock.unlock();
    repeat_refused();
    if (options_.rate > 0) keep_rate(now);
    lock.lock();
    const auto next_change =
        measured ? Clock::time_point::max() : (measuring ? ends_ : measured_from_);
    changed_.wait_until(lock, std::min(now + between, next_change));
  }
  result_.seconds = std::chrono::duration<double>(ends_ - measured_from_).count();
  const auto us = [&](double share) {
    return std::chrono::duration<double, std::micro>(latencies_.at(share)).count();
  };
  result_.p50_us = us(0.5);
  result_.p99_us = us(0.99);
  result_.p999_us = us(0.999);
  result_.max_us = us(1);
  result_.own_cpu_s = result_.cpu_s["load"];
  result_.cpu_s.erase("load");
  return result_;
}

}  // namespace

Result<LoadResult> run_load(const LoadOptions& options) {
  auto connection = nats::Connection::open({.url = options.nats_url, .name = "troupe-bench load"});
  if (!connection) return tl::make_unexpected(connection.error());
  return Load(options, std::move(*connection)).run();
}

}  // namespace troupe::tool
