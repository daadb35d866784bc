// Keeps messages by sequence, and the sequences of each subject.
#include "runtime/memory/stream.hpp"

#include <algorithm>
#include <utility>

namespace troupe::memory {

std::vector<StoredCommit> commits_of(std::vector<Stored> messages) {
  std::vector<StoredCommit> commits;
  commits.reserve(messages.size());
  for (auto& message : messages)
    commits.push_back({message.sequence, std::move(message.subject), std::move(message.bytes)});
  return commits;
}

std::uint64_t Stream::append(const StoredSubject& subject, std::string bytes) {
  const auto sequence = ++last_sequence_;
  messages_.emplace(sequence, Stored{sequence, subject, std::move(bytes)});
  by_subject_[subject.str()].insert(sequence);
  return sequence;
}

std::uint64_t Stream::last_of(const StoredSubject& subject) const {
  const auto found = by_subject_.find(subject.str());
  return found == by_subject_.end() ? 0 : *found->second.rbegin();
}

std::vector<Stored> Stream::of(const StoredSubject& subject, std::uint64_t after) const {
  std::vector<Stored> messages;
  const auto found = by_subject_.find(subject.str());
  if (found == by_subject_.end()) return messages;
  const auto& sequences = found->second;
  for (auto next = sequences.upper_bound(after); next != sequences.end(); ++next)
    messages.push_back(messages_.at(*next));
  return messages;
}

std::vector<Stored> Stream::before(const StoredSubject& subject, std::uint64_t before,
                                   std::size_t max) const {
  std::vector<Stored> messages;
  const auto found = by_subject_.find(subject.str());
  if (found == by_subject_.end()) return messages;
  const auto& sequences = found->second;
  for (auto next = sequences.lower_bound(before);
       next != sequences.begin() && messages.size() < max;)
    messages.push_back(messages_.at(*--next));
  std::ranges::reverse(messages);
  return messages;
}

std::vector<Stored> Stream::matching(std::string_view prefix, std::uint64_t after,
                                     std::size_t max) const {
  std::vector<Stored> messages;
  for (auto next = messages_.upper_bound(after); next != messages_.end(); ++next) {
    if (messages.size() == max) break;
    if (next->second.subject.str().starts_with(prefix)) messages.push_back(next->second);
  }
  return messages;
}

const Stored* Stream::find(std::uint64_t sequence) const {
  const auto found = messages_.find(sequence);
  return found == messages_.end() ? nullptr : &found->second;
}

void Stream::remove(std::uint64_t sequence) {
  const auto found = messages_.find(sequence);
  if (found == messages_.end()) return;
  const auto subject = by_subject_.find(found->second.subject.str());
  subject->second.erase(sequence);
  if (subject->second.empty()) by_subject_.erase(subject);
  messages_.erase(found);
}

void Stream::lose_tail(std::uint64_t count) {
  const auto keep = last_sequence_ - std::min(count, last_sequence_);
  for (; last_sequence_ > keep; --last_sequence_) remove(last_sequence_);
}

}  // namespace troupe::memory
