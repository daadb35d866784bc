#include "tools/shop/demo/client_pool.hpp"

namespace troupe::tool {

ClientPool::ClientPool(const std::string& name, std::size_t clients, CommandSender& sender,
                       check::History& history, StopFlag& stop, Patience patience) {
  for (std::size_t i = 1; i <= clients; ++i) {
    PatientClient client{name + "-" + std::to_string(i), sender, history, stop, patience};
    threads_.emplace_back([this, client = std::move(client)] { work(client); });
  }
}

ClientPool::~ClientPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (auto& thread : threads_) thread.join();
}

void ClientPool::submit(Wish wish, Done done, unsigned first_attempt) {
  const std::lock_guard lock(mutex_);
  ++submitted_;
  jobs_.push_back({std::move(wish), std::move(done), first_attempt});
  changed_.notify_one();
}

std::uint64_t ClientPool::submitted() const {
  const std::lock_guard lock(mutex_);
  return submitted_;
}

void ClientPool::work(PatientClient client) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.done(client.send(job.wish, job.first_attempt));
    lock.lock();
  }
}

}  // namespace troupe::tool
