#include "tools/troupe-bench/honest.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "bench/v1/item.pb.h"
#include "runtime/nats/requests/command_client.hpp"
#include "runtime/ports/identity.hpp"
#include "tools/figures/histogram.hpp"

namespace troupe::tool {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds deadline = 5s;
constexpr std::chrono::milliseconds repeat_after = 100ms;
constexpr std::size_t instances = 1'000;

class Honest {
public:
  Honest(const HonestOptions& options, std::unique_ptr<nats::Connection> connection)
      : options_(options), connection_(std::move(connection)), client_(*connection_) {
    body_.set_payload("honest");
  }

  HonestResult run();

private:
  struct Try {
    std::uint64_t number = 0;
    Clock::time_point begun;
    bool repeated = false;
    Clock::time_point due{};  ///< of the repeat
  };

  void send(const Try& one);
  void answered(Try one, const nats::ClientReply& reply);
  std::vector<Try> due(Clock::time_point now);

  const HonestOptions options_;
  const std::string run_id_ = random_id().substr(0, 8);
  ::bench::v1::Record body_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::size_t under_way_ = 0;
  std::deque<Try> repeats_;
  Histogram latencies_;
  HonestResult result_;
  std::unique_ptr<nats::Connection> connection_;  // last: its callbacks use the others
  nats::CommandClient client_;
};

void Honest::send(const Try& one) {
  const Instance item{*Token::parse("bench"), *Token::parse("item"),
                      *Token::parse(fmt::format("honest-{}", one.number % instances))};
  client_.send(Subject::command(item, *Token::parse("Record")), body_,
               {.command_id = fmt::format("{}-{}", run_id_, one.number)}, deadline,
               [this, one](const nats::ClientReply& reply) { answered(one, reply); });
}

void Honest::answered(Try one, const nats::ClientReply& reply) {
  const auto now = Clock::now();
  // What the client made up itself is no answer.
  const bool answer = !reply.node.empty() || reply.kind == nats::ClientReply::Kind::accepted;
  const bool accepted = reply.kind == nats::ClientReply::Kind::accepted;
  const std::lock_guard lock(mutex_);
  if (!one.repeated) {
    result_.answered += answer ? 1 : 0;
    result_.accepted += accepted ? 1 : 0;
  }
  if (accepted) latencies_.add(now - one.begun);
  if (accepted || one.repeated) {
    result_.answered_twice += answer ? 1 : 0;
    result_.accepted_twice += accepted ? 1 : 0;
    if (--under_way_ == 0) changed_.notify_all();
    return;
  }
  one.repeated = true;
  one.due = now + repeat_after;
  repeats_.push_back(one);
  changed_.notify_all();
}

std::vector<Honest::Try> Honest::due(Clock::time_point now) {
  std::vector<Try> tries;
  const std::lock_guard lock(mutex_);
  for (; !repeats_.empty() && repeats_.front().due <= now; repeats_.pop_front())
    tries.push_back(repeats_.front());
  return tries;
}

HonestResult Honest::run() {
  const auto started = Clock::now();
  const auto total = static_cast<std::uint64_t>(options_.rate * options_.seconds);
  const auto when = [&](std::uint64_t number) {
    return started
           + std::chrono::duration_cast<Clock::duration>(
               std::chrono::duration<double>(static_cast<double>(number) / options_.rate));
  };
  for (;;) {
    const auto now = Clock::now();
    for (const auto& one : due(now)) send(one);
    for (; result_.sent < total && when(result_.sent) <= now; ++result_.sent) {
      {
        const std::lock_guard lock(mutex_);
        ++under_way_;
      }
      send({.number = result_.sent, .begun = when(result_.sent)});
    }
    std::unique_lock lock(mutex_);
    if (result_.sent == total && under_way_ == 0) break;
    auto next = result_.sent < total ? when(result_.sent) : Clock::time_point::max();
    if (!repeats_.empty()) next = std::min(next, repeats_.front().due);
    if (next == Clock::time_point::max())
      changed_.wait(lock, [&] { return under_way_ == 0 || !repeats_.empty(); });
    else
      changed_.wait_until(lock, next);
  }
  const auto ms = [&](double share) {
    return std::chrono::duration<double, std::milli>(latencies_.at(share)).count();
  };
  result_.p50_ms = ms(0.5);
  result_.p99_ms = ms(0.99);
  result_.max_ms = ms(1);
  return result_;
}

}  // namespace

Result<HonestResult> run_honest(const HonestOptions& options) {
  auto connection =
      nats::Connection::open({.url = options.nats_url, .name = "troupe-bench honest"});
  if (!connection) return tl::make_unexpected(connection.error());
  return Honest(options, std::move(*connection)).run();
}

}  // namespace troupe::tool
