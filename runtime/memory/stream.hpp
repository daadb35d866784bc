// One stream's messages, as JetStream keeps them: numbered from 1, findable by subject.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/ports/event_log.hpp"

namespace troupe::memory {

struct Stored {
  std::uint64_t sequence = 0;
  StoredSubject subject;
  std::string bytes;
};

std::vector<StoredCommit> commits_of(std::vector<Stored> messages);

/// Not thread safe: the broker guards it.
class Stream {
public:
  /// Returns the message's sequence: one more than the last one's.
  std::uint64_t append(const StoredSubject& subject, std::string bytes);

  std::uint64_t last_sequence() const { return last_sequence_; }
  /// Sequence of the subject's last message, 0 when it has none.
  std::uint64_t last_of(const StoredSubject& subject) const;
  /// The subject's messages above `after`, in order.
  std::vector<Stored> of(const StoredSubject& subject, std::uint64_t after) const;
  /// The last `max` of the subject's messages below `before`, in order.
  std::vector<Stored> before(const StoredSubject& subject, std::uint64_t before,
                             std::size_t max) const;
  /// Messages above `after` whose subject starts with `prefix`, in order, at most `max`.
  std::vector<Stored> matching(std::string_view prefix, std::uint64_t after, std::size_t max) const;
  /// Nothing when it was removed or never there.
  const Stored* find(std::uint64_t sequence) const;

  void remove(std::uint64_t sequence);
  /// REQUIRES: the message is there and not empty.
  void flip_bit(std::uint64_t sequence) { messages_.at(sequence).bytes.back() ^= 1; }
  /// Forgets the last `count` messages and that they were ever numbered.
  void lose_tail(std::uint64_t count);
  /// How many of the numbered messages are not there any more.
  std::uint64_t missing() const { return last_sequence_ - messages_.size(); }

private:
  std::map<std::uint64_t, Stored> messages_;
  std::unordered_map<std::string, std::set<std::uint64_t>> by_subject_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace troupe::memory
