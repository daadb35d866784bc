#include "runtime/nats/client/feeds.hpp"

namespace troupe::nats {

class Feeds::Open final : public Connection::Subscribed {
public:
  Open(Feeds& feeds, std::unique_ptr<Feed> feed) : feeds_(feeds), feed_(std::move(feed)) {}
  ~Open() override { feeds_.close(std::move(feed_)); }

  void drain(std::chrono::milliseconds patience) override { feed_->drain(patience); }
  void begin_drain(std::chrono::milliseconds patience) override { feed_->begin_drain(patience); }

private:
  Feeds& feeds_;
  std::unique_ptr<Feed> feed_;
};

std::unique_ptr<Connection::Subscribed> Feeds::add(std::unique_ptr<Feed> feed) {
  ++open_;
  if (feed->bounded()) {
    const std::lock_guard lock(bounded_mutex_);
    bounded_.push_back(feed.get());
  }
  return std::make_unique<Open>(*this, std::move(feed));
}

void Feeds::close(std::unique_ptr<Feed> feed) {
  {
    const std::lock_guard lock(bounded_mutex_);
    std::erase(bounded_, feed.get());
  }
  feed->close();
  retire(std::move(feed));
  --open_;
}

void Feeds::retire(std::unique_ptr<Feed> feed) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(retired_mutex_);
  while (!retired_.empty() && retired_.front().first + retired_for < now) retired_.pop_front();
  retired_.emplace_back(now, std::move(feed));
}

void Feeds::look() {
  const std::lock_guard lock(bounded_mutex_);
  for (auto* feed : bounded_) feed->look();
}

}  // namespace troupe::nats
