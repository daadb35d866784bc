#include "tools/shop/demo/follower.hpp"

#include "runtime/engine/history/stored_commit.hpp"

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
    std::vector<v1::Commit> commits;
    for (const auto& one : *stored) {
      auto read = engine::read_commit(one);
      if (!read)
        return handlers_.failed("sequence " + std::to_string(one.sequence) + " of " + context.str()
                                + " is no commit: " + read.error().what);
      commits.push_back(std::move(read->commit));
    }
    handlers_.commits(commits);
  }
}

}  // namespace troupe::tool
