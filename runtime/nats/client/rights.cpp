#include "runtime/nats/client/rights.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/declared_name.hpp"
#include "runtime/ports/listening.hpp"
#include "runtime/ports/stream_inspector.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::nats {

namespace {

/// An answer that is not forbidden takes much less; one that is forbidden, or of the reset of a
/// consumer that there is not yet, never comes.
constexpr std::chrono::milliseconds patience{300};
/// Within this the server says that it forbids something.
constexpr std::chrono::milliseconds alone_patience{250};
constexpr const char* probe = "troupe-probe";
constexpr std::chrono::minutes told_for{10};

struct Try {
  std::string subject;
  bool stored = false;  ///< by a stream, if it were the one that is named
};

std::string api(std::string_view verb, std::string_view rest) {
  return fmt::format("$JS.API.{}.{}", verb, rest);
}

void add_streams(const ContextModel& context, std::vector<Try>& to) {
  const auto name = declared_name(context.name);
  for (const auto& aggregate : context.aggregates)
    to.push_back({fmt::format("evt.{}.{}.{}", context.name, aggregate.name, probe), true});
  to.push_back({fmt::format("tmr.{}.armed.{}.{}.{}", context.name, probe, probe, probe), true});
  to.push_back({fmt::format("dlq.{}.{}.evt.{}.{}", context.name, probe, probe, probe), true});
  to.push_back({fmt::format("ctl.{}.0", context.name), true});
  // To the owner of a slot, if there is one: it knows no such aggregate.
  for (const auto* way : {"cmd", "ask"})
    to.push_back({fmt::format("slot.{}.0.{}.{}.{}.{}.{}", context.name, way, context.name, probe,
                              probe, probe)});
  const auto events = stream_name(StreamKind::events, name);
  to.push_back({"ctl.incarnation." + events, true});
  const auto timers = stream_name(StreamKind::timers, name);
  const auto parked = stream_name(StreamKind::parked, name);
  for (const auto& stream : {events, timers, parked}) to.push_back({api("STREAM.MSG.GET", stream)});
  to.push_back({api("DIRECT.GET", events)});
  for (const auto* verb : {"CONSUMER.CREATE", "CONSUMER.MSG.NEXT", "CONSUMER.DELETE"})
    to.push_back({api(verb, fmt::format("{}.{}", events, probe))});
  to.push_back({api("STREAM.PURGE", timers)});
  to.push_back({api("STREAM.MSG.DELETE", parked)});
}

void add_consumers(const ContextModel& context, std::vector<Try>& to) {
  std::vector<std::string> consumers{stream_name(StreamKind::timers, declared_name(context.name))
                                     + ".timers"};
  for (const auto& source : sources_of(context))
    consumers.push_back(stream_name(StreamKind::events, declared_name(source)) + "."
                        + consumer_name(context.name, source));
  for (const auto& consumer : consumers)
    for (const auto* verb :
         {"CONSUMER.CREATE", "CONSUMER.INFO", "CONSUMER.RESET", "CONSUMER.MSG.NEXT"})
      to.push_back({api(verb, consumer)});
}

std::vector<Try> tries_of(const std::vector<ContextModel>& contexts) {
  std::vector<Try> tries{{"ctl.layout", true},
                         {fmt::format("ctl.incarnation.{}", control_stream), true},
                         {"ctl.system", true},
                         {api("STREAM.MSG.GET", control_stream)},
                         {api("CONSUMER.CREATE", control_stream)}};
  for (const auto& context : contexts) {
    add_streams(context, tries);
    add_consumers(context, tries);
  }
  return tries;
}

/// Requests that are under way together.
struct Round {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = 0;
  std::vector<Try> unanswered;
};

std::vector<Try> unanswered(Connection& connection, const std::vector<Try>& tries,
                            std::chrono::milliseconds timeout) {
  const auto round = std::make_shared<Round>();
  round->open = tries.size();
  for (const auto& one : tries) {
    const Headers elsewhere{{"Nats-Expected-Stream", probe}};
    connection.request(one.subject, one.stored ? elsewhere : Headers{}, "{", timeout,
                       [round, one](const Reply& reply) {
                         const std::lock_guard lock(round->mutex);
                         if (reply.status == Reply::Status::timed_out)
                           round->unanswered.push_back(one);
                         --round->open;
                         round->changed.notify_all();
                       });
  }
  std::unique_lock lock(round->mutex);
  round->changed.wait(lock, [&] { return round->open == 0; });
  return std::move(round->unanswered);
}

/// One for all messages, as clients choose some subjects; and for all subscriptions, of which a
/// node has one for each slot.
void say(Conditions& conditions, const std::string& what) {
  const auto sentence = fmt::format("NATS forbids this node something: {}", what);
  if (what.find("Subscription") != std::string::npos)
    conditions.set(condition::right_missing, {}, "subscribe",
                   fmt::format("{}; grant it to the node's user and restart the node", sentence));
  else
    conditions.set_for(told_for, {condition::right_missing.code, Severity::remark, Urgency::act},
                       {}, "publish", sentence);
}

}  // namespace

void Forbidden::heard(std::string what) {
  const std::lock_guard lock(mutex_);
  if (conditions_ != nullptr) return say(*conditions_, what);
  if (heard_.size() < kept_max && std::ranges::count(heard_, what) == 0)
    heard_.push_back(std::move(what));
}

void Forbidden::tell(Conditions& conditions) {
  const std::lock_guard lock(mutex_);
  conditions_ = &conditions;
}

std::string Forbidden::take() {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const auto& what : heard_) all += fmt::format("{}{}", all.empty() ? "" : "; ", what);
  heard_.clear();
  return all;
}

/// nats.c keeps the last of the server's words only: what was not answered is tried once more, one
/// after the other. The reset of a consumer that is none is answered by nobody, either.
Result<void> exercise_rights(Connection& connection, const std::vector<ContextModel>& contexts,
                             Forbidden& forbidden) {
  (void)forbidden.take();
  const auto suspects = unanswered(connection, tries_of(contexts), patience);
  if (forbidden.take().empty()) return {};
  std::string missing;
  for (const auto& one : suspects) {
    (void)unanswered(connection, {one}, alone_patience);
    if (forbidden.take().find(fmt::format("\"{}\"", one.subject)) != std::string::npos)
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", one.subject);
  }
  if (missing.empty()) return {};
  return retryable(fmt::format(
      "NATS forbids this node to publish to {}: grant its user these subjects", missing));
}

}  // namespace troupe::nats
