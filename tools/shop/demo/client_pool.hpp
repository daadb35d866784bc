// Clients that send commands side by side.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tools/shop/demo/patient_client.hpp"

namespace troupe::tool {

/// Thread safe. The destructor waits for the commands that are being sent and forgets the others.
class ClientPool {
public:
  /// Runs on the client's thread; may submit.
  using Done = std::function<void(const Outcome&)>;

  /// Clients are named `name`-1, `name`-2 and so on.
  ClientPool(const std::string& name, std::size_t clients, CommandSender& sender,
             check::History& history, StopFlag& stop, Patience patience = {});
  ~ClientPool();

  /// Never blocks; callers bound what they submit. `first_attempt` numbers the first try.
  void submit(Wish wish, Done done, unsigned first_attempt = 1);

  /// Commands submitted so far.
  std::uint64_t submitted() const;

private:
  struct Job {
    Wish wish;
    Done done;
    unsigned first_attempt = 1;
  };

  void work(PatientClient client);

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::uint64_t submitted_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace troupe::tool
