#include "tools/shop/drive/probe.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "inventory/v1/commands.pb.h"
#include "runtime/ports/clock.hpp"
#include "tools/shop/demo/senders.hpp"

namespace troupe::tool {

namespace {

using Steady = std::chrono::steady_clock;

/// Shorter turns would only cost processor time.
constexpr std::chrono::milliseconds turn_min{5};

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Steady::now().time_since_epoch())
      .count();
}

Instance article(std::uint64_t number) {
  return {*Token::parse("inventory"), *Token::parse("stock"),
          *Token::parse("probe-" + std::to_string(number))};
}

inventory::v1::ReceiveStock one_piece() {
  inventory::v1::ReceiveStock receive;
  receive.set_reference("probe");
  receive.set_quantity(1);
  return receive;
}

}  // namespace

std::vector<Instance> probe_instances(std::uint32_t slots) {
  std::vector<std::optional<Instance>> found(slots);
  std::uint32_t missing = slots;
  for (std::uint64_t number = 0; missing > 0; ++number) {
    auto instance = article(number);
    auto& place = found[slot_of(instance, slots)];
    if (place) continue;
    place = std::move(instance);
    --missing;
  }
  std::vector<Instance> instances;
  for (auto& instance : found) instances.push_back(*std::move(instance));
  return instances;
}

Probe::Probe(ProbeOptions options, nats::Connection& connection, check::History& history,
             Tally& tally, check::JsonLinesWriter lines)
    : options_(options),
      instances_(probe_instances(options.slots)),
      client_(connection),
      history_(history),
      tally_(tally),
      lines_(std::move(lines)),
      under_way_(options.slots),
      thread_([this] { run(); }) {}

Probe::~Probe() {
  stop_.stop();
  if (thread_.joinable()) thread_.join();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return idle(); });
}

bool Probe::idle() const {
  return std::ranges::all_of(under_way_, [](std::size_t count) { return count == 0; });
}

/// Each slot's turn comes once per period, one after the other.
void Probe::run() {
  const std::chrono::duration<double> period(1 / options_.per_second);
  const auto between = period / options_.slots;
  const auto started = Steady::now();
  for (std::uint64_t asked = 0; stop_.wait_for(turn_min);) {
    const auto due = static_cast<std::uint64_t>((Steady::now() - started) / between);
    // What could not be asked in its turn, because this thread was late, is not made up for.
    asked = std::max(asked, due > options_.slots ? due - options_.slots : 0);
    for (; asked < due; ++asked) ask_slot(static_cast<std::uint32_t>(asked % options_.slots));
    repeat_unknown();
  }
}

void Probe::ask_slot(std::uint32_t slot) {
  {
    const std::lock_guard lock(mutex_);
    if (under_way_[slot] >= under_way_max) return;
  }
  ask({.slot = slot,
       .id = "probe-" + std::to_string(slot) + "-" + std::to_string(++asked_),
       .issued_at = SystemClock{}.now()});
}

void Probe::ask(Ask ask) {
  static const auto command = *Token::parse("ReceiveStock");
  static const auto body = one_piece();
  {
    const std::lock_guard lock(mutex_);
    ++under_way_[ask.slot];
    if (ask.attempt > 1) ++repeats_under_way_;
  }
  const auto subject = Subject::command(instances_[ask.slot], command);
  history_.invoke(try_of(ask));
  nats::ClientHeaders headers;
  headers.command_id = ask.id;
  headers.issued_at = ask.issued_at;
  client_.send(subject, body, headers, timeout,
               [this, ask = std::move(ask), sent = now_ns()](const nats::ClientReply& reply) {
                 answered(ask, sent, reply);
               });
}

check::CommandTry Probe::try_of(const Ask& ask) const {
  static const auto command = *Token::parse("ReceiveStock");
  return {.process = "probe-" + std::to_string(ask.slot),
          .command_id = ask.id,
          .subject = Subject::command(instances_[ask.slot], command).str(),
          .attempt = ask.attempt};
}

void Probe::answered(const Ask& ask, std::int64_t sent_ns, const nats::ClientReply& reply) {
  const auto outcome = outcome_of(reply);
  history_.answered(try_of(ask), outcome);
  tally_.count(ask.id, outcome);
  lines_.write({{"t", sent_ns},
                {"answered", now_ns()},
                {"ok", reply.kind == nats::ClientReply::Kind::accepted},
                {"code", reply.code},
                {"slot", ask.slot},
                {"node", reply.node}});
  const std::lock_guard lock(mutex_);
  --under_way_[ask.slot];
  if (ask.attempt > 1) --repeats_under_way_;
  if (reply.kind == nats::ClientReply::Kind::unknown) {
    unknown_.push_back(ask);
    ++unknown_.back().attempt;
    unknown_.back().due = Steady::now() + repeat_after;
  }
  changed_.notify_all();
}

void Probe::repeat_unknown() {
  for (;;) {
    Ask next;
    {
      const std::lock_guard lock(mutex_);
      if (unknown_.empty() || unknown_.front().due > Steady::now()) return;
      if (repeats_under_way_ >= repeats_max) return;
      next = std::move(unknown_.front());
      unknown_.pop_front();
    }
    ask(std::move(next));
  }
}

bool Probe::settle(std::chrono::milliseconds patience) {
  stop_.stop();
  if (thread_.joinable()) thread_.join();
  const auto deadline = Steady::now() + patience;
  for (;;) {
    repeat_unknown();
    std::unique_lock lock(mutex_);
    if (unknown_.empty() && idle()) return true;
    if (Steady::now() >= deadline) return false;
    const bool waits_for_due = !unknown_.empty() && repeats_under_way_ < repeats_max;
    changed_.wait_until(lock, waits_for_due ? std::min(deadline, unknown_.front().due) : deadline);
  }
}

}  // namespace troupe::tool
