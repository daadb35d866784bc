#include "runtime/nats/service/answers.hpp"

#include <spdlog/spdlog.h>

namespace troupe::nats {

std::string Answers::send(const Inbox& to, const Outgoing& answer) {
  if (to.empty()) return answer.error;
  const auto sent = connection_.publish(to.str(), answer.headers, answer.body);
  if (sent) return answer.error;
  const auto count = ++unsent_;
  const auto& why = sent.error();
  if (complaints_.now()) spdlog::warn("An answer cannot be sent, {} so far: {}.", count, why.what);
  if (why.retryable) return answer.error;
  const auto instead =
      error_reply(answer.code_unsent, "The answer cannot be sent: " + why.what + ".", node_);
  (void)connection_.publish(to.str(), instead.headers, instead.body);
  return instead.error;
}

}  // namespace troupe::nats
