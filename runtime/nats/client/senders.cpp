#include "runtime/nats/client/senders.hpp"

#include <algorithm>
#include <functional>

namespace troupe::nats {

std::array<std::size_t, Senders::Round::rows> Senders::Round::lines_of(std::uint64_t sender) const {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = sender ^ number_;
  std::array<std::size_t, rows> in_row{};
  for (auto& line : in_row) {
    hash *= odd;
    line = hash >> 56;
    hash ^= hash >> 32;
  }
  return in_row;
}

void Senders::Round::count(std::uint64_t sender) {
  const auto in_row = lines_of(sender);
  for (std::size_t row = 0; row < rows; ++row) ++counts_[row][in_row[row]];
  ++counted_;
}

bool Senders::Round::sent_much(std::uint64_t sender) const {
  if (counted_ < counted_min) return false;
  const auto in_row = lines_of(sender);
  std::size_t least = round_messages;
  for (std::size_t row = 0; row < rows; ++row)
    least = std::min<std::size_t>(least, counts_[row][in_row[row]]);
  return least * share >= counted_;
}

bool Senders::sends_much(std::string_view reply) {
  auto* latest = &rounds_[latest_];
  if (latest->full()) {
    const auto next = latest->number() + 1;
    latest_ = next % rounds;
    latest = &rounds_[latest_];
    *latest = Round(next);
  }
  // All of the subject when there is no dot.
  const auto sender = std::hash<std::string_view>{}(reply.substr(0, reply.rfind('.')));
  latest->count(sender);
  return std::any_of(rounds_.begin(), rounds_.end(),
                     [sender](const Round& round) { return round.sent_much(sender); });
}

}  // namespace troupe::nats
