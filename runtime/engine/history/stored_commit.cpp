#include "runtime/engine/history/stored_commit.hpp"

#include <limits>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include <troupe/timestamp.hpp>
#include "runtime/engine/history/stored_fields.hpp"

namespace troupe::engine {

namespace {

bool can_be_counted(const v1::Commit& commit) {
  const auto events = static_cast<std::uint64_t>(commit.events_size());
  return commit.first_version() > 0
         && commit.first_version() <= std::numeric_limits<std::uint64_t>::max() - events;
}

/// What keeps it from being a commit, or empty.
std::string defect(const v1::Commit& commit) {
  if (!is_token(commit.context()) || !is_token(commit.aggregate()) || !is_token(commit.id()))
    return "it names no instance";
  if (commit.events().empty()) return "it has no event";
  if (!can_be_counted(commit))
    return "its first version is " + std::to_string(commit.first_version());
  if (!is_legal(commit.issued_at()) || !is_legal(commit.committed_at()))
    return "its times are none that a calendar has";
  if (!fits_header(commit.correlation_id()) || !fits_header(commit.causation_id())
      || !fits_header(commit.traceparent()))
    return "its correlation id, causation id or traceparent is none";
  return {};
}

}  // namespace

Result<v1::Commit> parse_commit(std::string_view bytes) {
  v1::Commit commit;
  if (!commit.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return permanent("its bytes make no sense");
  if (auto why = defect(commit); !why.empty()) return permanent(std::move(why));
  return commit;
}

Result<ReadCommit> read_commit(const StoredCommit& stored) {
  auto commit = parse_commit(stored.bytes);
  if (!commit) {
    if (!instance_of(stored.subject)) return permanent("its subject is no instance's");
    return tl::make_unexpected(std::move(commit.error()));
  }
  Instance instance{*Token::parse(commit->context()), *Token::parse(commit->aggregate()),
                    *Token::parse(commit->id())};
  if (Subject::events(instance).str() != stored.subject.str())
    return permanent(instance_of(stored.subject) ? "it says that it belongs to another instance"
                                                 : "its subject is no instance's");
  return ReadCommit{std::move(instance), *std::move(commit)};
}

std::uint64_t version_past(const StoredCommit& skipped, std::uint64_t version) {
  constexpr std::uint64_t ahead_max = 1'000'000;
  const auto read = read_commit(skipped);
  if (!read) return version;
  const auto last =
      read->commit.first_version() + static_cast<std::uint64_t>(read->commit.events_size()) - 1;
  return last > version && last - version <= ahead_max ? last : version;
}

CommitReader::CommitReader(const SkipList& skips, const Token& context)
    : skips_(skips), context_(context.str()), stream_(stream_name(StreamKind::events, context)) {}

Result<std::optional<ReadCommit>> CommitReader::read(const StoredCommit& stored) const {
  if (skips(stored)) return std::nullopt;
  auto read = read_commit(stored);
  if (!read) return permanent(poison(stored, "is no commit: " + read.error().what));
  if (read->instance.context.str() != context_)
    return permanent(poison(stored, "is no commit of " + context_));
  return std::optional(*std::move(read));
}

std::string CommitReader::poison(const StoredCommit& stored, const std::string& why) const {
  return fmt::format(
      "sequence {} of {}, on {}, {}; the program's `skip --context {} --sequence {}` shows it and "
      "says "
      "what to do",
      stored.sequence, stream_, stored.subject.str(), why, context_, stored.sequence);
}

}  // namespace troupe::engine
