// Parses every commit and its events with the prototypes of the contexts' own declarations.
#include "runtime/check/run/decoded_run.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <troupe/timestamp.hpp>
#include "runtime/engine/history/command_memory.hpp"
#include "runtime/engine/history/stored_commit.hpp"
#include "runtime/nats/claims/jetstream_skips.hpp"

namespace troupe::check {

namespace {

/// The type's name in "type.googleapis.com/billing.v1.AccountOpened".
std::string_view type_of(const google::protobuf::Any& any) {
  const std::string_view url = any.type_url();
  return url.substr(url.rfind('/') + 1);
}

/// The commit; nothing when it is skipped; or a sentence that says why it is none.
Result<std::optional<DecodedCommit>> decode(const StoredCommit& stored, const ContextModel& model,
                                            const engine::CommitReader& reader) {
  auto read = reader.read(stored);
  if (!read) return tl::make_unexpected(std::move(read.error()));
  if (!*read) return std::nullopt;
  auto& [instance, envelope] = **read;
  const auto* aggregate = model.aggregate(instance.aggregate.str());
  if (aggregate == nullptr) return permanent("the context has no such aggregate");

  DecodedCommit commit{.stored = &stored,
                       .instance = std::move(instance),
                       .envelope = std::move(envelope),
                       .events = {}};
  for (const auto& any : commit.envelope.events()) {
    const auto prototype = aggregate->events.find(type_of(any));
    if (prototype == aggregate->events.end())
      return permanent("the aggregate has no event " + std::string(type_of(any)));
    MessagePtr event(prototype->second->New());
    if (!event->ParseFromString(any.value()))
      return permanent("the bytes of " + std::string(type_of(any)) + " make no sense");
    commit.events.push_back(std::move(event));
  }
  commit.envelope.clear_events();
  return commit;
}

DecodedContext decode(const ContextRun& run, const ContextModel& model,
                      const engine::SkipList& skips, Report& report) {
  DecodedContext context{.model = &model, .run = &run, .commits = {}};
  context.commits.reserve(run.log.size());
  const engine::CommitReader reader(skips, Token::parse(run.context).value());
  for (const auto& stored : run.log) {
    auto commit = decode(stored, model, reader);
    if (!commit) {
      report.violated("I1", commit.error().what, place(stored));
    } else if (!*commit) {
      report.count("skipped messages");
      context.skipped.push_back(&stored);
    } else {
      report.count("events", (*commit)->events.size());
      context.commits.push_back(**std::move(commit));
    }
  }
  report.count("commits", run.log.size());
  return context;
}

const std::vector<const DecodedCommit*> none;

std::string key_of(const DecodedCommit& commit) {
  const auto& envelope = commit.envelope;
  return engine::memory_key(envelope.command_id(), !envelope.causation_id().empty());
}

}  // namespace

bool DecodedContext::skips(std::uint64_t sequence) const {
  return std::ranges::binary_search(skipped, sequence, {}, &StoredCommit::sequence);
}

Time DecodedCommit::time() const { return to_time(envelope.committed_at()); }

std::string EventAt::name() const { return commit->subject() + '@' + std::to_string(version()); }

std::optional<EventName> parse_event_name(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  EventName name{.subject = text.substr(0, at)};
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + at + 1, end, name.version);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return name;
}

std::string place(const StoredCommit& commit) {
  return commit.subject.str() + " (sequence " + std::to_string(commit.sequence) + ")";
}

DecodedRun::DecodedRun(const FinishedRun& run, const std::vector<ContextModel>& models,
                       Report& report)
    : run_(run), poison_(run) {
  if (run.control)
    for (const auto& record : *run.control)
      if (const auto skip = nats::read_skip(record.subject, record.bytes)) skips_.add(*skip);
  for (const auto& context : run.contexts) {
    const auto model = std::find_if(models.begin(), models.end(),
                                    [&](const auto& m) { return m.name == context.context; });
    if (model == models.end()) {
      report.not_checked("I1", "nothing is known about the context " + context.context);
      continue;
    }
    contexts_.push_back(decode(context, *model, skips_, report));
  }
  for (const auto& model : models)
    if (context(model.name) == nullptr) missing_.push_back(model.name);
  for (const auto& context : contexts_) {
    for (const auto& commit : context.commits) {
      by_subject_[commit.subject()].push_back(&commit);
      by_command_[key_of(commit)].push_back(&commit);
    }
  }
}

const DecodedContext* DecodedRun::context(std::string_view name) const {
  for (const auto& context : contexts_)
    if (context.model->name == name) return &context;
  return nullptr;
}

bool DecodedRun::skips(const std::string& stream, std::uint64_t sequence) const {
  return std::ranges::any_of(contexts_, [&](const DecodedContext& one) {
    return stream_name(StreamKind::events, Token::parse(one.model->name).value()) == stream
           && one.skips(sequence);
  });
}

const AggregateModel* DecodedRun::model_of(const Instance& instance) const {
  const auto* found = context(instance.context.str());
  return found == nullptr ? nullptr : found->model->aggregate(instance.aggregate.str());
}

const AggregateModel* DecodedRun::model_of(std::string_view events_subject) const {
  const auto subject = Subject::parse(events_subject);
  const auto instance = subject ? instance_of(*subject) : std::nullopt;
  return instance ? model_of(*instance) : nullptr;
}

std::optional<EventAt> DecodedRun::event(std::string_view subject, std::uint64_t version) const {
  const auto& commits = commits_on(subject);
  const auto after = std::upper_bound(commits.begin(), commits.end(), version,
                                      [](std::uint64_t v, const DecodedCommit* commit) {
                                        return v < commit->envelope.first_version();
                                      });
  if (after == commits.begin()) return std::nullopt;
  const auto* commit = *(after - 1);
  if (version > commit->last_version()) return std::nullopt;
  return EventAt{commit, static_cast<std::size_t>(version - commit->envelope.first_version())};
}

const std::vector<const DecodedCommit*>& DecodedRun::commits_of(
    const std::string& command_id) const {
  return commits_by(engine::memory_key(command_id, false));
}

const std::vector<const DecodedCommit*>& DecodedRun::commits_of_asked(
    const std::string& command_id) const {
  return commits_by(engine::memory_key(command_id, true));
}

const std::vector<const DecodedCommit*>& DecodedRun::commits_with(
    const DecodedCommit& commit) const {
  return commits_by(key_of(commit));
}

const std::vector<const DecodedCommit*>& DecodedRun::commits_by(const std::string& key) const {
  const auto found = by_command_.find(key);
  return found == by_command_.end() ? none : found->second;
}

const std::vector<const DecodedCommit*>& DecodedRun::commits_on(std::string_view subject) const {
  const auto found = by_subject_.find(subject);
  return found == by_subject_.end() ? none : found->second;
}

}  // namespace troupe::check
