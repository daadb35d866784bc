// Atomic batches of appends: how they are sent, and what their answer says to each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/log/append_reply.hpp"
#include "runtime/ports/event_log.hpp"

namespace troupe::nats {

/// Commits of one instance, and who waits for what becomes of them.
struct Append {
  Subject subject;
  std::uint64_t expected = 0;
  std::vector<std::string> commits;
  EventLog::Appended done;
  unsigned refusals = 0;  ///< after which nothing was stored, and it went again
};

/// Appends of different instances that JetStream takes as a whole or not at all.
using Batch = std::vector<Append>;

/// JetStream's own bound for a batch.
inline constexpr std::size_t batch_messages_max = 1'000;
inline constexpr std::size_t batch_bytes_max = 4 * 1'024 * 1'024;

std::size_t messages_of(const Batch& batch);
std::size_t bytes_of(const Append& append);

/// Tells each append of a batch that is stored, or whose fate is not known, what became of it.
void settle(Batch& batch, const std::string& stream, const AppendReply& result);

/// Thread safe. REQUIRES: the connection outlives what is under way.
class BatchSender {
public:
  BatchSender(Connection& connection, std::chrono::milliseconds patience);

  /// All but the last message are published blindly: JetStream checks everything when the batch is
  /// committed, and says there what was wrong. A batch whose end is lost is dropped by the server.
  void send(const Batch& batch, Connection::Answered answered);

private:
  Connection& connection_;
  const std::chrono::milliseconds patience_;
  const std::string prefix_;
  std::mutex mutex_;  // a connection has one batch half sent at most
  std::uint64_t last_ = 0;
};

}  // namespace troupe::nats
