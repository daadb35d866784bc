#include "runtime/nats/senders.hpp"

#include <algorithm>
#include <functional>

namespace troupe::nats {

std::size_t Senders::Sketch::count(std::uint64_t sender, std::uint16_t more) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = sender ^ round;
  std::size_t least = counted_max;
  for (auto& row : counts) {
    hash *= odd;
    least = std::min<std::size_t>(least, row[hash >> 56] += more);
    hash ^= hash >> 32;
  }
  counted += more;
  return least;
}

bool Senders::sends_much(std::string_view reply) {
  if (latest_.counted == counted_max) {
    before_ = latest_;
    latest_ = {.round = before_.round + 1};
  }
  // All of the subject when there is no dot.
  const auto sender = std::hash<std::string_view>{}(reply.substr(0, reply.rfind('.')));
  const auto sent = latest_.count(sender, 1);
  if (latest_.counted >= counted_min) return sent * share >= latest_.counted;
  return before_.counted > 0 && before_.count(sender, 0) * share >= before_.counted;
}

}  // namespace troupe::nats
