// Sends the appends of one stream: alone while that is faster, many instances' together when not.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/log/append_pace.hpp"
#include "runtime/nats/log/append_reply.hpp"
#include "runtime/nats/log/batch.hpp"
#include "runtime/nats/log/multi_commit_appends.hpp"
#include "runtime/ports/event_log.hpp"

namespace troupe::nats {

/// Group commit: what arrives while the log is busy with its disk goes into the next atomic batch,
/// each append with its own expectation. JetStream takes a batch as a whole or not at all; one that
/// it refuses is sent again append by append, so that each gets its own answer and a conflict of
/// one costs the others that one round. One whose fate is not known is unknown to each.
///
/// Has no thread and no timer: whatever waits goes on with the answer to what is under way.
/// What waits is bounded by those who append: one append per instance, commands in flight per node.
/// Thread safety: any method from any thread.
class GroupCommit : public std::enable_shared_from_this<GroupCommit> {
public:
  /// While one is being flushed the next is on its way. JetStream's bound is 50.
  static constexpr std::size_t batches_max = 2;

  using Now = std::function<AppendPace::Time()>;

  /// An append without an answer for `patience` is in doubt. REQUIRES: the connection outlives what
  /// is under way.
  GroupCommit(Connection& connection, std::string stream, std::chrono::milliseconds patience,
              Now now = std::chrono::steady_clock::now);

  void append(Append append);

private:
  using Time = AppendPace::Time;

  /// A measurement of appends alone: first everything under way is awaited, then some are sent.
  struct Probe {
    enum class Phase { none, draining, running } phase = Phase::none;
    Time since{};
    std::size_t messages = 0;  // of it
    std::size_t open = 0;      // of those, not acknowledged yet
  };
  /// What waits meanwhile goes on with the first append or answer after so long.
  static constexpr std::chrono::milliseconds drain_patience{1'000};

  bool is_free() const;
  bool may_go() const;
  Batch take_waiting(std::size_t messages_max);
  Batch take_singles(std::size_t max);
  /// What goes next, and whether together.
  std::pair<Batch, bool> take_next();
  bool begins_probe();
  Batch take_probe();
  void go_on();

  void send(Batch batch);
  void send_alone(Append append);
  void alone_answered(std::size_t messages, const AppendResult& result);
  void probe_answered(std::size_t messages, const AppendResult& result);
  void batch_answered(Batch& batch, Time sent, const Reply& reply);
  void refused(Batch& batch, const AppendReply& reply);

  Connection& connection_;
  const std::string stream_;
  const std::chrono::milliseconds patience_;
  const Now now_;
  BatchSender sender_;
  const std::shared_ptr<MultiCommitAppends> multi_commit_appends_;

  std::mutex mutex_;  // guards what follows
  AppendPace pace_;
  Probe probe_;
  std::deque<Append> waiting_;
  std::size_t waiting_messages_ = 0;
  std::size_t alone_ = 0;     // messages of appends that were sent alone, under way
  std::size_t in_batch_ = 0;  // messages in batches, under way
  std::size_t batches_ = 0;   // under way
  std::size_t messages_max_ = batch_messages_max;  // less when the server allows less
};

}  // namespace troupe::nats
