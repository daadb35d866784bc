// Calls to Redis over a few connections.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/redis/connection.hpp"
#include "runtime/redis/script.hpp"

namespace troupe::redis {

/// Thread safety: any method from any thread. Every call blocks until its deadline at most, by
/// default the options' timeout from now. An error that Redis answers is a failure: retryable when
/// it speaks of the server's condition, permanent when it speaks of the command.
class Client {
public:
  /// With all `connections_max` connections busy a call waits for one, within its deadline.
  Client(RedisOptions options, std::size_t connections_max);

  Result<Reply> call(const Arguments& arguments) { return call(arguments, deadline()); }
  Result<Reply> call(const Arguments& arguments, Deadline deadline);

  Result<Reply> run(const Script& script, const Arguments& keys, const Arguments& arguments) {
    return run(script, keys, arguments, deadline());
  }
  Result<Reply> run(const Script& script, const Arguments& keys, const Arguments& arguments,
                    Deadline deadline);

  const RedisOptions& options() const { return options_; }

private:
  Deadline deadline() const { return std::chrono::steady_clock::now() + options_.timeout; }
  std::unique_ptr<Connection> borrow(Deadline deadline);
  void give_back(std::unique_ptr<Connection> connection, bool works);
  Result<Reply> exchange(const Arguments& arguments, Deadline deadline);
  Result<Reply> checked(Result<Reply> reply) const;

  const RedisOptions options_;
  const std::size_t connections_max_;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t borrowed_ = 0;
};

}  // namespace troupe::redis
