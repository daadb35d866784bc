// Keeps the ack floor and hands out what lies above it.
#include "runtime/memory/durable.hpp"

#include <algorithm>

namespace troupe::memory {

void Durable::join(std::shared_ptr<Member> member, std::size_t in_flight_max) {
  options_.in_flight_max = in_flight_max;
  members_.push_back(std::move(member));
  if (members_.size() == 1) needs_activation_ = true;
}

void Durable::leave(const std::shared_ptr<Member>& member) {
  const bool was_active = active() == member;
  std::erase(members_, member);
  if (was_active) needs_activation_ = !members_.empty();
}

std::shared_ptr<Member> Durable::active() const {
  return members_.empty() ? nullptr : members_.front();
}

void Durable::activate(std::uint64_t generation) {
  needs_activation_ = false;
  generation_ = generation;
  delivered_ = floor_;
  pending_.clear();
  again_.clear();
}

std::optional<Stored> Durable::take(const Stream& stream) {
  while (!again_.empty()) {
    const auto sequence = again_.back();
    again_.pop_back();
    const auto* message = pending_.contains(sequence) ? stream.find(sequence) : nullptr;
    if (message != nullptr) return *message;
  }
  if (pending_.size() >= options_.in_flight_max) return std::nullopt;
  auto next = stream.matching(options_.prefix, delivered_, 1);
  if (next.empty()) return std::nullopt;
  delivered_ = next.front().sequence;
  pending_.insert(delivered_);
  return std::move(next.front());
}

bool Durable::acknowledge(std::uint64_t generation, std::uint64_t sequence) {
  if (generation != generation_ || pending_.erase(sequence) == 0) return false;
  floor_ = pending_.empty() ? delivered_ : *pending_.begin() - 1;
  return true;
}

}  // namespace troupe::memory
