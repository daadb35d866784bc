#include "tools/troupe-bench/verify.hpp"

#include <cstring>
#include <unordered_map>

#include <spdlog/fmt/fmt.h>

#include "runtime/engine/history/stored_commit.hpp"
#include "tools/troupe-bench/floor.hpp"

namespace troupe::tool {

namespace {

constexpr std::size_t page = 1'000;
constexpr std::chrono::seconds page_patience{10};

/// First and last version in a stored message; nothing when it is not readable.
struct Versions {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
std::optional<Versions> versions_in(const StoredCommit& stored, Writer writer) {
  if (writer == Writer::floor) {
    std::uint64_t version = 0;
    if (stored.bytes.size() < floor_version_bytes) return std::nullopt;
    std::memcpy(&version, stored.bytes.data(), floor_version_bytes);
    return Versions{version, version};
  }
  const auto read = engine::read_commit(stored);
  if (!read) return std::nullopt;
  const auto events = static_cast<std::uint64_t>(read->commit.events_size());
  return Versions{read->commit.first_version(), read->commit.first_version() + events - 1};
}

}  // namespace

Result<Verified> verify_stream(EventStreams& streams, Writer writer, std::uint64_t acknowledged,
                               std::uint64_t unknown) {
  const auto context = *Token::parse("bench");
  const auto end = streams.last_sequence(context);
  if (!end) return tl::make_unexpected(end.error());
  Verified verified;
  std::unordered_map<std::string, std::uint64_t> version_of;
  const auto cursor = streams.open(context, 0);
  for (std::uint64_t at = 0; at < *end;) {
    const auto commits = cursor->next(page, page_patience);
    if (!commits) return tl::make_unexpected(commits.error());
    if (commits->empty())
      return retryable(fmt::format("the stream sends nothing after {} of {}", at, *end));
    for (const auto& stored : *commits) {
      const auto versions = versions_in(stored, writer);
      auto& last = version_of[stored.subject.str()];
      if (!versions || versions->first != last + 1) {
        verified.problem = fmt::format("{} at {} has version {} after {}", stored.subject.str(),
                                       stored.sequence, versions ? versions->first : 0, last);
        return verified;
      }
      verified.stored += versions->last - last;
      last = versions->last;
    }
    at = commits->back().sequence;
  }
  verified.instances = version_of.size();
  if (verified.stored < acknowledged || verified.stored > acknowledged + unknown)
    verified.problem = fmt::format("{} events are stored, but {} were acknowledged and {} unknown",
                                   verified.stored, acknowledged, unknown);
  return verified;
}

}  // namespace troupe::tool
