#include "runtime/nats/senders.hpp"

#include <functional>

namespace troupe::nats {

bool Senders::sends_much(std::string_view reply) {
  if (counted_ == counted_max) {
    counts_.fill(0);
    counted_ = 0;
    ++round_;
  }
  const auto sender = reply.substr(0, reply.rfind('.'));  // all of it when there is no dot
  constexpr std::size_t odd = 0x9e3779b97f4a7c15;
  const auto hash = (std::hash<std::string_view>{}(sender) ^ round_) * odd;
  auto& count = counts_[hash >> 56];
  ++count;
  ++counted_;
  return counted_ >= counted_min && count * share >= counted_;
}

}  // namespace troupe::nats
