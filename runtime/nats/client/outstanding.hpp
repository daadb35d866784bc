// The requests of one connection that wait for an answer, each with a deadline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/client/unique_name.hpp"

namespace troupe::nats {

/// Thread safety: any method from any thread, but `answer` from one thread only. An entry is out of
/// the table while its callback runs, so that no callback runs twice at a time.
/// Whoever adds bounds how much is outstanding.
class Outstanding {
public:
  Outstanding();
  /// Ends what is left as `disconnected`.
  ~Outstanding();

  /// A number that was never used and that nobody can guess, not even from earlier ones: whoever
  /// was asked once must not be able to answer another's request. From now on `next` is called, or
  /// will be.
  std::uint64_t add(std::chrono::milliseconds timeout, Connection::Next next);

  /// Hands a message to the request of that number, if it still waits.
  void answer(std::uint64_t number, Reply reply);

  /// Ends one request without an answer, on the deadline thread.
  void end(std::uint64_t number, Reply::Status status);

  /// The connection is lost: ends everything as `disconnected`, on the deadline thread.
  void end_all();

private:
  using Clock = std::chrono::steady_clock;

  struct Request {
    Connection::Next next;
    std::chrono::milliseconds timeout;
    std::uint64_t losses;  ///< of the connection when it was made
    Clock::time_point deadline;
  };
  struct Ended {
    Connection::Next next;
    Reply::Status status;
  };

  /// When a request that was made then would time out, if it still waits with that deadline.
  struct Waiting {
    Clock::time_point deadline;
    std::uint64_t number;
  };

  void insert(std::uint64_t number, Request request);
  std::optional<Request> take(std::uint64_t number);
  bool waits(const Waiting& waiting) const;
  Clock::time_point earliest_deadline();
  void end_overdue(Clock::time_point now);
  void hand_to_thread(Connection::Next next, Reply::Status status);
  void wake_at(Clock::time_point when);
  void run();

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::unordered_map<std::uint64_t, Request> requests_;
  /// By timeout, and therefore each in the order of the deadlines. What was answered is dropped
  /// when it comes first: nearly all are, and about in that order.
  std::map<std::chrono::milliseconds, std::deque<Waiting>> deadlines_;
  std::vector<Ended> ended_;  ///< the thread calls these next
  SecretNumbers numbers_;
  std::uint64_t losses_ = 0;
  Clock::time_point wakes_at_ = Clock::time_point::max();
  bool stopping_ = false;

  std::thread thread_;  // last member: uses all others
};

}  // namespace troupe::nats
