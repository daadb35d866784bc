// The command accept-log: an operator's word that what a stream holds now is the log.
#include <algorithm>
#include <chrono>
#include <memory>

#include <spdlog/fmt/fmt.h>

#include "runtime/engine/log_guard/log_regression.hpp"
#include "runtime/nats/claims/system_id.hpp"
#include "runtime/nats/jetstream/consumers_ahead.hpp"
#include "runtime/nats/log/jetstream_inspector.hpp"
#include "runtime/ports/subject.hpp"
#include "runtime/program/clear_views.hpp"
#include "runtime/program/commands.hpp"
#include "runtime/program/operator.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/readable.hpp"
#include "runtime/program/server_options.hpp"
#include "runtime/redis/redis_high_water_marks.hpp"
#include "runtime/redis/redis_view_store.hpp"

namespace troupe::program {

namespace {

struct AcceptLogCommand {
  NatsOptions nats;
  RedisAccess redis;
  std::string context;
};

struct Servers {
  std::unique_ptr<nats::Connection> connection;
  redis::RedisOptions redis;
  std::string system;
};

Result<Servers> open(const AcceptLogCommand& options) {
  const auto redis = redis::parse_redis_url(options.redis.url, options.redis.login);
  if (!redis) return tl::make_unexpected(redis.error());
  auto connection = nats::Connection::open(options.nats.to_ask_as("troupe accept-log"));
  if (!connection) return tl::make_unexpected(connection.error());
  auto system = nats::find_system(**connection);
  if (!system) return tl::make_unexpected(system.error());
  return Servers{std::move(*connection), *redis, std::move(*system)};
}

std::string text(Instant instant) { return to_text(to_timestamp(instant)); }

Result<StreamFacts> facts_of(StreamInspector& inspector, const std::string& stream) {
  auto facts = inspector.facts(stream);
  if (!facts) return tl::make_unexpected(facts.error());
  if (!*facts) return permanent("there is no stream " + stream + "; a node creates it");
  return **facts;
}

Result<void> accept(StreamInspector& inspector, const std::string& stream,
                    const StreamFacts& facts) {
  const auto before = inspector.accepted(stream);
  if (!before) return tl::make_unexpected(before.error());
  const Incarnation now{.created = facts.created,
                        .last_sequence = facts.last_sequence,
                        .accepted_at = std::chrono::system_clock::now(),
                        .accepted_by = this_operator(),
                        .missing = facts.missing};
  if (auto done = inspector.accept(stream, now, StreamInspector::Record::next); !done) return done;
  say(stream + ": accepted as created at " + text(now.created) + ", up to sequence "
      + std::to_string(now.last_sequence));
  if (*before)
    say("  before: created at " + text((*before)->created) + ", accepted at "
        + text((*before)->accepted_at) + " by " + (*before)->accepted_by);
  return {};
}

/// What is known of a stream, and what became of it.
struct Judged {
  StreamFacts facts;
  engine::Loss loss = engine::Loss::unrecorded;
  std::uint64_t proven = 0;  ///< up to here it is the one it was, unless there is a loss
};

Result<Judged> judge(StreamInspector& inspector, HighWaterMarks& marks, const Token& context,
                     const std::string& stream) {
  const auto facts = facts_of(inspector, stream);
  if (!facts) return tl::make_unexpected(facts.error());
  const auto record = inspector.accepted(stream);
  if (!record) return tl::make_unexpected(record.error());
  if (!*record) return Judged{*facts};
  const auto mark = marks.find(context, stream);
  if (!mark) return tl::make_unexpected(mark.error());
  engine::KnownLog known{.created = (*record)->created,
                         .sequence = (*record)->last_sequence,
                         .missing = (*record)->missing};
  if (*mark && (*mark)->accepted_at == (*record)->accepted_at) {
    known.sequence = (*mark)->sequence;
    known.hash = (*mark)->hash;
  }
  engine::SeenLog seen{*facts, std::nullopt};
  if (engine::needs_mark_hash(known, seen.facts)) {
    auto hash = inspector.hash_at(stream, known.sequence);
    if (!hash) return tl::make_unexpected(hash.error());
    seen.mark_hash = std::move(*hash);
  }
  return Judged{*facts, engine::regression(known, seen).loss,
                known.hash.empty() ? 0 : known.sequence};
}

Result<void> set_back(nats::Connection& connection, const std::string& stream, std::uint64_t last) {
  const auto consumers = nats::set_back_consumers(connection, stream, last);
  if (!consumers) return tl::make_unexpected(consumers.error());
  for (const auto& name : *consumers)
    say("consumer " + name + ": goes on behind sequence " + std::to_string(last));
  return {};
}

Result<void> accept_log(const AcceptLogCommand& options, const ContextModel& model) {
  const auto servers = open(options);
  if (!servers) return tl::make_unexpected(servers.error());
  nats::StreamLeaders leaders(*servers->connection);
  nats::JetStreamInspector inspector(leaders, {});
  redis::RedisHighWaterMarks marks(servers->redis, redis::Keys(servers->system));
  const auto context = *Token::parse(model.name);
  const auto stream = stream_name(StreamKind::events, context);

  const auto events = judge(inspector, marks, context, stream);
  if (!events) return tl::make_unexpected(events.error());
  const auto control = judge(inspector, marks, context, control_stream);
  if (!control) return tl::make_unexpected(control.error());
  const bool same = events->loss == engine::Loss::none || events->loss == engine::Loss::copied;
  // What was made of commits that are gone has to go before nodes resume.
  redis::RedisViewStore views(servers->redis, redis::Keys(servers->system));
  if (auto cleared = clear_views(views, model, same ? events->proven : 0); !cleared) return cleared;
  if (auto done = set_back(*servers->connection, stream, events->facts.last_sequence); !done)
    return done;
  for (const auto kind : {StreamKind::timers, StreamKind::parked}) {
    const auto queue = stream_name(kind, context);
    const auto facts = facts_of(inspector, queue);
    if (!facts) return tl::make_unexpected(facts.error());
    if (auto done = accept(inspector, queue, *facts); !done) return done;
  }
  // All contexts share it: it is accepted only when it contradicts what is known of it.
  if (control->loss != engine::Loss::none)
    if (auto done = accept(inspector, control_stream, control->facts); !done) return done;
  return accept(inspector, stream, events->facts);
}

int run_accept_log(const AcceptLogCommand& options, const Parts& parts) {
  const auto* model = context_of(parts, options.context);
  if (model == nullptr)
    return complain(exit_usage, "this program knows no context '" + options.context + "'");
  const auto done = accept_log(options, *model);
  return done ? exit_ok : complain(exit_usage, done.error().what);
}

}  // namespace

void add_accept_log_command(CLI::App& app, Run& run, const Parts& parts) {
  auto* command = app.add_subcommand(
      "accept-log",
      "Accept what a context's log holds now, after nodes have found that it went back");
  auto options = std::make_shared<AcceptLogCommand>();
  command->add_option("--context", options->context, "Whose log")->required();
  add_nats_options(*command, options->nats);
  add_redis_options(*command, options->redis);
  command->footer(fmt::format(
      "What is no longer in the log is lost for good then: restore the stream first if it can\n"
      "be. Views of what is known to be in it stay, others are built again. Running nodes\n"
      "forget what they have read of it and serve the context again.\n"
      "Example:\n"
      "  {} accept-log --context billing\n"
      "Exit codes: 0 recorded, 2 wrong arguments or no server; it can be repeated.",
      parts.name));
  command->callback([&run, &parts, options] {
    run = [&parts, options] { return run_accept_log(*options, parts); };
  });
}

}  // namespace troupe::program
