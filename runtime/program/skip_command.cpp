// The command skip: an operator's word that everybody passes over a message that cannot be read.
#include <algorithm>
#include <chrono>
#include <memory>

#include <spdlog/fmt/fmt.h>
#include <troupe/timestamp.hpp>

#include "runtime/nats/claims/jetstream_skips.hpp"
#include "runtime/nats/claims/system_id.hpp"
#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/nats/log/jetstream_event_log.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/identity.hpp"
#include "runtime/program/clear_views.hpp"
#include "runtime/program/commands.hpp"
#include "runtime/program/fold.hpp"
#include "runtime/program/operator.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/readable.hpp"
#include "runtime/program/server_options.hpp"
#include "runtime/redis/redis_view_store.hpp"

namespace troupe::program {

namespace {

struct SkipCommand {
  NatsOptions nats;
  RedisAccess redis;
  std::string context;
  std::uint64_t sequence = 0;
  std::string reason;
};

/// A message of the log, and what is known of it.
struct Found {
  StoredCommit stored;
  std::string cause;       ///< why it should be skipped, as a clause; empty: it need not be
  bool is_commit = false;  ///< views may have folded it
  std::optional<Skip> decided;
};

/// The context's stream, and what was decided about it so far.
class Log {
public:
  Log(nats::Connection& connection, const ContextModel& model)
      : connection_(connection), model_(model), context_(*Token::parse(model.name)) {}

  Result<Found> find(std::uint64_t sequence);
  nats::Connection& connection() { return connection_; }
  Skips& skips() { return skips_; }
  const std::string& stream() const { return reader_.stream(); }

private:
  Result<StoredCommit> message_at(std::uint64_t sequence);
  Result<std::string> cause_of(const StoredCommit& stored, const engine::ReadCommit& read);
  Result<std::vector<StoredCommit>> history_of(const Instance& instance, std::uint64_t until);

  nats::Connection& connection_;
  nats::StreamLeaders leaders_{connection_};
  const ContextModel& model_;
  const Token context_;
  nats::JetStreamSkips skips_{connection_};
  engine::SkipList known_;
  const engine::CommitReader reader_{known_, context_};
};

Result<StoredCommit> Log::message_at(std::uint64_t sequence) {
  constexpr std::chrono::seconds patience{5};
  nats::JetStreamEventStreams streams(leaders_);
  const auto last = streams.last_sequence(context_);
  if (!last) return tl::make_unexpected(last.error());
  if (sequence == 0 || sequence > *last)
    return permanent(stream() + " has the sequences 1 to " + std::to_string(*last));
  auto messages = streams.open(context_, sequence - 1)->next(1, patience);
  if (!messages) return tl::make_unexpected(messages.error());
  if (messages->empty()) return retryable(stream() + " does not hand out its message");
  return std::move(messages->front());
}

Result<std::vector<StoredCommit>> Log::history_of(const Instance& instance, std::uint64_t until) {
  nats::JetStreamEventLog log(connection_, leaders_);
  auto history = load_and_wait(log, Subject::events(instance));
  if (history) std::erase_if(*history, [&](const auto& one) { return one.sequence > until; });
  return history;
}

/// A commit may still be one that its instance cannot have recorded.
Result<std::string> Log::cause_of(const StoredCommit& stored, const engine::ReadCommit& read) {
  const auto* aggregate = model_.aggregate(read.instance.aggregate.str());
  if (aggregate == nullptr) return "this program knows no such aggregate of " + model_.name;
  auto history = history_of(read.instance, stored.sequence);
  if (!history) return tl::make_unexpected(history.error());
  history->pop_back();
  if (const auto before = fold_instance(*aggregate, reader_, *history, {}); !before)
    return permanent("an earlier message of the instance comes first: " + before.error().what);
  history->push_back(stored);
  const auto with_it = fold_instance(*aggregate, reader_, *history, {});
  return with_it ? std::string() : with_it.error().what;
}

Result<Found> Log::find(std::uint64_t sequence) {
  auto decisions = skips_.list(stream());
  if (!decisions) return tl::make_unexpected(decisions.error());
  auto stored = message_at(sequence);
  if (!stored) return tl::make_unexpected(stored.error());
  Found found{.stored = *std::move(stored), .cause = {}, .is_commit = false, .decided = {}};
  for (auto& one : *decisions) {
    if (one.sequence == sequence && one.hash == sha256(found.stored.bytes))
      found.decided = one;
    else
      known_.add(one);
  }
  const auto read = engine::read_commit(found.stored);
  found.is_commit = read.has_value();
  if (!read) {
    found.cause = "it is no commit: " + read.error().what;
    return found;
  }
  auto cause = cause_of(found.stored, *read);
  if (!cause) return tl::make_unexpected(cause.error());
  found.cause = *std::move(cause);
  return found;
}

void show(const Log& log, const Found& found) {
  say("sequence " + std::to_string(found.stored.sequence) + " of " + log.stream() + ", on "
      + found.stored.subject.str() + ", " + std::to_string(found.stored.bytes.size())
      + " bytes with SHA-256 " + to_hex(sha256(found.stored.bytes)));
  if (const auto commit = engine::parse_commit(found.stored.bytes))
    say_json(describe_commit(*commit), 2);
  if (found.decided)
    say("It is skipped: " + found.decided->decided_by + " decided so at "
        + to_text(to_timestamp(found.decided->decided_at))
        + ", because of: " + found.decided->reason);
  if (!found.cause.empty()) say("What is wrong with it: " + found.cause);
}

/// Rows that were made of it have to go; what has happened on its account stays.
Result<void> clear_what_folded_it(const SkipCommand& options, const ContextModel& model, Log& log,
                                  std::uint64_t sequence) {
  const auto redis = redis::parse_redis_url(options.redis.url, options.redis.login);
  if (!redis) return tl::make_unexpected(redis.error());
  const auto system = nats::find_system(log.connection());
  if (!system) return tl::make_unexpected(system.error());
  redis::RedisViewStore views(*redis, redis::Keys(*system));
  return clear_views(views, model, sequence - 1);
}

Result<void> decide(const SkipCommand& options, const ContextModel& model, Log& log,
                    const Found& found) {
  const Skip skip{.stream = log.stream(),
                  .sequence = found.stored.sequence,
                  .hash = sha256(found.stored.bytes),
                  .cause = found.cause,
                  .reason = options.reason,
                  .decided_by = this_operator(),
                  .decided_at = SystemClock{}.now()};
  if (auto recorded = log.skips().record(skip); !recorded) return recorded;
  say("From now on everybody who reads " + skip.stream + " passes over sequence "
      + std::to_string(skip.sequence) + ".");
  return found.is_commit ? clear_what_folded_it(options, model, log, skip.sequence)
                         : Result<void>();
}

int run_skip(const SkipCommand& options, const Parts& parts) {
  const auto* model = context_of(parts, options.context);
  if (model == nullptr)
    return complain(exit_usage, "this program knows no context '" + options.context + "'");
  const auto connection = nats::Connection::open(options.nats.to_ask_as("troupe skip"));
  if (!connection) return complain(exit_usage, connection.error().what);
  Log log(**connection, *model);
  const auto found = log.find(options.sequence);
  if (!found) return complain(exit_usage, found.error().what);
  show(log, *found);
  if (found->cause.empty() && !found->decided)
    return complain(exit_refused, "everybody can read it: there is nothing to skip");
  if (options.reason.empty()) {
    if (!found->decided) say("To have it skipped, say why with --reason.");
    return exit_ok;
  }
  const auto done = decide(options, *model, log, *found);
  return done ? exit_ok : complain(exit_usage, done.error().what);
}

}  // namespace

void add_skip_command(CLI::App& app, Run& run, const Parts& parts) {
  auto* command = app.add_subcommand(
      "skip", "Show a message of the log that cannot be read, and have everybody pass over it");
  auto options = std::make_shared<SkipCommand>();
  command->add_option("--context", options->context, "Whose log")->required();
  command->add_option("--sequence", options->sequence, "Which message of the stream")->required();
  command->add_option("--reason", options->reason,
                      "Why it may be skipped; without it the message is only shown");
  add_nats_options(*command, options->nats);
  add_redis_options(*command, options->redis);
  command->footer(fmt::format(
      "The decision is recorded for good. Views, reactions and the instance go on by themselves;\n"
      "what happened on its account stays, so the versions of a commit are not used again.\n"
      "It mends what was added to a log, not what was altered in it: restore that.\n"
      "Examples:\n"
      "  {0} skip --context billing --sequence 12017\n"
      "  {0} skip --context billing --sequence 12017 --reason 'written by hand, ticket 4711'\n"
      "Exit codes: 0 shown or recorded, 1 it need not be skipped, 2 wrong arguments or no server.",
      parts.name));
  command->callback(
      [&run, &parts, options] { run = [&parts, options] { return run_skip(*options, parts); }; });
}

}  // namespace troupe::program
