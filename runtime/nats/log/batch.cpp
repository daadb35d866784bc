#include "runtime/nats/log/batch.hpp"

#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/base/fault_point.hpp"
#include "runtime/nats/client/unique_name.hpp"
#include "runtime/nats/wire/wire.hpp"

namespace troupe::nats {

std::size_t messages_of(const Batch& batch) {
  std::size_t messages = 0;
  for (const auto& append : batch) messages += append.commits.size();
  return messages;
}

std::size_t bytes_of(const Append& append) {
  std::size_t bytes = 0;
  for (const auto& commit : append.commits) bytes += commit.size();
  return bytes;
}

void settle(Batch& batch, const std::string& stream, const AppendReply& result) {
  using Outcome = AppendResult::Outcome;
  const auto messages = messages_of(batch);
  const bool stored = result.outcome == Outcome::acknowledged;
  if (stored && result.count == messages) {
    auto sequence = result.sequence - messages;
    for (auto& append : batch) {
      sequence += append.commits.size();
      append.done({Outcome::acknowledged, sequence, {}});
    }
    return;
  }
  const std::string why = stored ? fmt::format("{} acknowledged {} messages of a batch of {}.",
                                               stream, result.count, messages)
                                 : result.detail;
  for (auto& append : batch) append.done({Outcome::unknown, 0, why});
}

BatchSender::BatchSender(Connection& connection, std::chrono::milliseconds patience)
    : connection_(connection), patience_(patience), prefix_(unique_name()) {}

void BatchSender::send(const Batch& batch, Connection::Answered answered) {
  const std::lock_guard lock(mutex_);
  const std::string name = fmt::format("{}-{}", prefix_, ++last_);
  const auto messages = messages_of(batch);
  std::size_t number = 0;
  fault_point(FaultPoint::append_before_send);
  for (const auto& append : batch) {
    for (std::size_t i = 0; i < append.commits.size(); ++i) {
      Headers headers{{header::batch_id, name}, {header::batch_sequence, std::to_string(++number)}};
      if (i == 0) headers.emplace_back(header::expected_sequence, std::to_string(append.expected));
      if (number < messages) {
        // One that is not sent makes the batch incomplete, which the last one's answer says.
        (void)connection_.publish(append.subject.str(), headers, append.commits[i]);
        continue;
      }
      headers.emplace_back(header::batch_commit, "1");
      connection_.request(append.subject.str(), headers, append.commits[i], patience_,
                          std::move(answered));
    }
  }
  fault_point(FaultPoint::append_sent, [this] { (void)connection_.flush(patience_); });
}

}  // namespace troupe::nats
