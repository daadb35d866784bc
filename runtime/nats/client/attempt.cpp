#include "runtime/nats/client/attempt.hpp"

#include <utility>

#include "runtime/nats/client/outstanding.hpp"

namespace troupe::nats {

namespace {

/// Lives as long as the process, which may end while one is under way.
Outstanding& attempts() {
  static auto& all = *new Outstanding;
  return all;
}

}  // namespace

Attempt::Attempt(std::chrono::milliseconds longest, std::function<void()> overdue)
    : longest_(longest), overdue_(std::move(overdue)) {}

void Attempt::begin() {
  const auto number = attempts().add(longest_, [overdue = overdue_](const Reply& reply) {
    if (reply.status == Reply::Status::timed_out) overdue();
    return false;
  });
  if (const auto before = number_.exchange(number); before != 0)
    attempts().end(before, Reply::Status::not_sent);
}

void Attempt::end() {
  if (const auto number = number_.exchange(0); number != 0)
    attempts().end(number, Reply::Status::not_sent);
}

}  // namespace troupe::nats
