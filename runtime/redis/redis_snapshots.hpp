// Snapshots in Redis.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "runtime/ports/snapshots.hpp"
#include "runtime/redis/client.hpp"
#include "runtime/redis/keys.hpp"

namespace troupe::redis {

/// A snapshot is the hash troupe:<system>:snapshot:<evt subject> with the fields version, bytes,
/// and a part:<name> for each of its parts. Requests are made one after the other by a thread of
/// its own, which runs the completions too. The destructor waits for what was asked, as a node that
/// ends leaves its snapshots just before; no longer than the options' timeout after the last
/// request.
class RedisSnapshots final : public Snapshots {
public:
  RedisSnapshots(RedisOptions options, Keys keys);
  ~RedisSnapshots() override;

  /// Over this many waiting requests a put is dropped and a get fails as retryable.
  static constexpr std::size_t requests_max = 4'096;

  void put(const Subject& instance, Snapshot snapshot) override;
  /// Answered within the options' timeout, waiting included.
  void get(const Subject& instance, Found done) override;

private:
  struct Put {
    std::string key;
    Snapshot snapshot;
  };
  struct Get {
    std::string key;
    Found done;
  };
  struct Request {
    Deadline deadline;
    std::variant<Put, Get> what;
  };

  /// False when there is no room for it; then it is left as it was.
  bool enqueue(std::variant<Put, Get>& what);
  void run();
  void perform(Request& request);
  void keep(const Put& put, Deadline deadline);
  Result<std::vector<std::string>> keep(const Put& put, const std::vector<std::string>& send,
                                        Deadline deadline);
  Result<std::optional<Snapshot>> find(const std::string& key, Deadline deadline);

  Client client_;
  const Keys keys_;
  const Script put_{"runtime/redis/put_snapshot.lua"};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request> requests_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace troupe::redis
