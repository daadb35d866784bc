#include "tools/troupe/demo/follower.hpp"

namespace troupe::tool {

Follower::Follower(EventStreams& streams, const std::vector<std::string>& contexts,
                   Handlers handlers)
    : streams_(streams), handlers_(std::move(handlers)) {
  for (const auto& context : contexts)
    threads_.emplace_back([this, token = *Token::parse(context)] { follow(token); });
}

Follower::~Follower() {
  stop_.stop();
  for (auto& thread : threads_) thread.join();
}

void Follower::follow(const Token& context) {
  const auto cursor = streams_.open(context, 0);
  while (!stop_.stopped()) {
    const auto stored = cursor->next(batch_max, patience);
    if (!stored) {
      if (!stored.error().retryable)
        return handlers_.failed("the events of " + context.str()
                                + " cannot be read: " + stored.error().what);
      stop_.wait_for(pause);
      continue;
    }
    if (stored->empty()) continue;
    std::vector<v1::Commit> commits(stored->size());
    for (std::size_t i = 0; i < commits.size(); ++i)
      if (!commits[i].ParseFromString((*stored)[i].bytes))
        return handlers_.failed("commit " + std::to_string((*stored)[i].sequence) + " of "
                                + context.str() + " is no troupe.v1.Commit");
    handlers_.commits(commits);
  }
}

}  // namespace troupe::tool
