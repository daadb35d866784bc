// The event log in JetStream: one stream per context, fenced by the subject's expected sequence.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/nats/connection.hpp"
#include "runtime/ports/event_log.hpp"

namespace troupe::nats {

/// What an append's acknowledgement, or its absence, means. `stream` is where it belongs.
AppendResult read_append_reply(const std::string& stream, const Reply& reply);

/// Several commits of one append go as one atomic batch. Has no thread and never waits.
/// `appends` and `reads` may be one connection; two keep acknowledgements from waiting behind long
/// histories. Both outlive the log.
class JetStreamEventLog final : public EventLog {
public:
  /// After this an append is in doubt. A new leader of a replicated stream takes 4 to 8 s.
  static constexpr std::chrono::milliseconds append_timeout{5'000};

  JetStreamEventLog(Connection& appends, Connection& reads);

  void append(const Subject& subject, std::uint64_t expected, std::vector<std::string> commits,
              Appended done) override;
  void load(const Subject& subject, std::uint64_t after, Loaded done) override;

private:
  void append_batch(const Subject& subject, std::uint64_t expected,
                    const std::vector<std::string>& commits, Connection::Answered answered);

  Connection& appends_;
  Connection& reads_;
  const std::string batch_prefix_;
  std::mutex batch_mutex_;  ///< JetStream allows few open batches: one at a time per log
  std::uint64_t last_batch_ = 0;
};

}  // namespace troupe::nats
