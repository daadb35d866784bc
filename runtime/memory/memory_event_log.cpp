// Appends to and loads from the broker's event streams.
#include "runtime/memory/memory_event_log.hpp"

#include <utility>

#include "runtime/base/assert.hpp"

namespace troupe::memory {

namespace {

std::string stream_of(const Subject& subject) {
  const auto instance = instance_of(subject);
  TROUPE_ASSERT(instance, "the event log takes subjects of instances only");
  return stream_name(StreamKind::events, instance->context);
}

}  // namespace

void MemoryEventLog::append(const Subject& subject, std::uint64_t expected,
                            std::vector<std::string> commits, Appended done) {
  broker_.append(stream_of(subject), subject, expected, std::move(commits), std::move(done));
}

void MemoryEventLog::load(const Subject& subject, std::uint64_t after, Loaded done) {
  broker_.worker().post([&broker = broker_, subject, after, done = std::move(done)] {
    done(broker.read(stream_of(subject), subject, after).map(commits_of));
  });
}

void MemoryEventLog::load_before(const Subject& subject, std::uint64_t before, Loaded done) {
  broker_.worker().post([&broker = broker_, subject, before, done = std::move(done)] {
    done(broker.read_before(stream_of(subject), subject, before, page_max).map(commits_of));
  });
}

void MemoryEventLog::load_at(const Subject& subject, std::vector<std::uint64_t> sequences,
                             Loaded done) {
  TROUPE_ASSERT(sequences.size() <= load_at_max, "load_at has a bound");
  broker_.worker().post(
      [&broker = broker_, subject, sequences = std::move(sequences), done = std::move(done)] {
        done(broker.read_at(stream_of(subject), subject, sequences).map(commits_of));
      });
}

}  // namespace troupe::memory
