// A JetStream server in memory, with the semantics that were measured on the real one, and with
// faults that a test can choose.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <troupe/aggregate.hpp>
#include "runtime/base/result.hpp"
#include "runtime/memory/durable.hpp"
#include "runtime/memory/stream.hpp"
#include "runtime/memory/worker.hpp"
#include "runtime/ports/event_log.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe::memory {

/// What goes wrong with one append.
enum class AppendFault {
  lost,         ///< never reaches the stream; unknown
  answer_lost,  ///< stored, if it would have been; unknown all the same
  in_flight,    ///< conflict without a sequence, as for a message in flight (10164); not stored
  refused,      ///< not stored, as by a stream that is full
  late,         ///< unknown at once; reaches the stream only at release_appends()
  held,         ///< reaches the stream and is answered only at release_appends()
};

/// Any number of memory ports, of any number of nodes, share one broker; they and everything they
/// were asked for must be gone before it. Requests, completions and deliveries run one after the
/// other on the broker's thread. Thread safety: any method from any thread.
class Broker {
public:
  Broker() = default;
  /// Answers unknown to appends that are still held.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// As JetStream's default; a larger message is refused.
  static constexpr std::size_t message_bytes_default = 1'048'576;

  // --- What the memory ports are made of ---------------------------------------------------------

  Worker& worker() { return worker_; }

  void append(const std::string& stream, const Subject& subject, std::uint64_t expected,
              std::vector<std::string> commits, EventLog::Appended done);

  /// Stores one message, whatever the subject holds; returns its sequence.
  Result<std::uint64_t> publish(const std::string& stream, const StoredSubject& subject,
                                std::string bytes);
  Result<std::vector<Stored>> read(const std::string& stream, const Subject& subject,
                                   std::uint64_t after) const;
  Result<std::vector<Stored>> read_before(const std::string& stream, const Subject& subject,
                                          std::uint64_t before, std::size_t max) const;
  /// Those at these sequences that are of the subject.
  Result<std::vector<Stored>> read_at(const std::string& stream, const Subject& subject,
                                      const std::vector<std::uint64_t>& sequences) const;
  Result<std::vector<Stored>> scan(const std::string& stream, std::string_view prefix) const;
  Result<std::uint64_t> last_sequence(const std::string& stream) const;
  /// Messages above `after`, at most `max`; waits for one until the deadline.
  Result<std::vector<Stored>> wait_for(const std::string& stream, std::uint64_t after,
                                       std::size_t max,
                                       std::chrono::steady_clock::time_point deadline) const;
  Result<void> remove(const std::string& stream, std::uint64_t sequence);

  /// How often a stream was created anew, and its last sequence.
  struct Facts {
    std::uint64_t recreated = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t missing = 0;  ///< messages up to it that are not there any more
  };
  Result<Facts> facts(const std::string& stream) const;
  /// The message's bytes, nothing when there is none at this sequence.
  Result<std::optional<std::string>> message(const std::string& stream,
                                             std::uint64_t sequence) const;
  /// Calls `changed` at every set_connected, until the handle is destroyed.
  std::shared_ptr<void> watch(std::function<void(bool connected)> changed);

  /// Arms the schedule named `armed`, in place of an earlier one of that name.
  Result<void> schedule(const std::string& stream, const Subject& armed, const Subject& fired,
                        Time due, std::string bytes);
  Result<void> cancel(const Subject& armed);
  /// Publishes what is due, available or not; returns when the next one is.
  std::optional<Time> fire_due(Time now);

  std::unique_ptr<Subscription> subscribe(DurableOptions options, DeliveryHandler& handler);

  // --- For checks --------------------------------------------------------------------------------

  struct Waiting {
    std::string consumer;
    std::size_t undelivered = 0;
    std::size_t unacknowledged = 0;
    std::size_t in_flight_max = 0;
    std::uint64_t floor = 0;  ///< all up to here are acknowledged
  };
  /// What the stream's durable consumers have still to do.
  std::vector<Waiting> waiting(const std::string& stream) const;
  /// Where the stream's schedules are armed.
  std::vector<Subject> armed(const std::string& stream) const;

  // --- For tests ---------------------------------------------------------------------------------

  /// Returns once every request made so far is answered and every delivery made.
  void settle() { worker_.settle(); }

  /// The next append, of that subject if one is given, suffers this; several are used up in order.
  void fail_next_append(AppendFault fault, std::optional<Subject> only = std::nullopt);
  /// Lets late and held appends arrive, in the order in which they were made.
  void release_appends();

  /// As an operator does: from now on larger messages are refused.
  void set_message_bytes_max(std::size_t bytes);

  /// While unavailable, appends are unknown and not stored, everything else fails as retryable,
  /// nothing is delivered and acknowledgements are lost. Back again, handlers are activated anew.
  void set_available(bool available);

  /// Tells those who watch that their connection was lost, or is there again. That alone changes
  /// nothing else.
  void set_connected(bool connected);
  bool connected() const { return connected_; }

  /// The context's last commits vanish and their sequences are given out again. Durable consumers
  /// that are ahead stay ahead.
  void lose_tail(const Token& context, std::uint64_t commits);

  /// The context's stream is gone, and an empty one has its name.
  void recreate(const Token& context, StreamKind kind = StreamKind::events);

  /// One bit of the context's commit at this sequence is another.
  void flip_bit(const Token& context, std::uint64_t sequence);

  /// Activates the active handlers anew, as a lost connection does.
  void reactivate();
  /// What is unacknowledged comes again without a new generation, newest first: what JetStream does
  /// when a consumer is not reset. Breaks the subscription's contract on purpose.
  void redeliver_backwards();
  /// Every delivery comes twice in a row.
  void duplicate_deliveries(bool on);

private:
  struct Append {
    std::string stream;
    Subject subject;
    std::uint64_t expected;
    std::vector<std::string> commits;
    EventLog::Appended done;  // empty when it was answered already
  };
  struct Schedule {
    std::string stream;
    Subject fired;
    Time due;
    std::string bytes;
  };
  struct Fault {
    AppendFault kind;
    std::optional<Subject> only;
  };
  class Subscribed;

  // REQUIRES for all with this suffix: mutex_ is held.
  std::optional<AppendFault> take_fault_locked(const Subject& subject);
  AppendResult store_locked(const Append& request);
  std::uint64_t publish_locked(const std::string& stream, const StoredSubject& subject,
                               std::string bytes);
  const Stream& stream_locked(const std::string& name) const;
  void cancel_locked(const Subject& armed);
  void wake_all_locked(std::string_view stream = {});

  void post_append(Append request, std::optional<AppendFault> fault);
  void wake(std::shared_ptr<Durable> durable);
  void pump(const std::shared_ptr<Durable>& durable);
  Delivery delivery_of(const std::shared_ptr<Durable>& durable, const Stored& message,
                       std::uint64_t generation);
  void acknowledge(const std::shared_ptr<Durable>& durable, std::uint64_t generation,
                   std::uint64_t sequence);
  void leave(const std::shared_ptr<Durable>& durable, const std::shared_ptr<Member>& member);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;  // something was stored or the broker came back
  std::map<std::string, Stream, std::less<>> streams_;
  std::map<std::string, std::shared_ptr<Durable>> durables_;  // by stream and name
  std::map<Subject, Schedule> schedules_;
  std::set<std::pair<Time, Subject>> due_;  // the same, by time
  std::uint64_t generation_ = 0;
  bool available_ = true;
  std::size_t message_bytes_max_ = message_bytes_default;
  bool duplicates_ = false;
  std::deque<Fault> faults_;
  std::deque<Append> held_;
  std::map<std::string, std::uint64_t, std::less<>> recreated_;

  std::mutex watchers_mutex_;
  std::map<std::uint64_t, std::function<void(bool)>> watchers_;  // under watchers_mutex_
  std::uint64_t watchers_made_ = 0;                              // under watchers_mutex_
  std::atomic<bool> connected_{true};

  Worker worker_;  // last: its tasks use all of the above
};

}  // namespace troupe::memory
