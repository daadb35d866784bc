// Sends appends of several commits, each of which needs an atomic batch for itself.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/nats/log/batch.hpp"

namespace troupe::nats {

/// A busy instance appends several commits at a time. A server takes 50 open batches of a stream,
/// from all nodes together, and makes files for each: above two of them the next ones gather and
/// share one. What is refused together goes again one by one; where the server has no room for a
/// batch, fewer are sent at a time until some are stored.
/// What waits is bounded by those who append: one append per instance.
/// Thread safety: any method from any thread.
class MultiCommitAppends : public std::enable_shared_from_this<MultiCommitAppends> {
public:
  static constexpr std::size_t under_way_max = 2;
  /// One that comes to nothing so often, though the next might have succeeded, is refused.
  static constexpr unsigned refusals_max = 3;

  MultiCommitAppends(BatchSender& sender, std::string stream);

  void send(Append append);

private:
  void go_on();
  Batch take();
  void answered(Batch& batch, const Reply& reply);
  static bool goes_again(const Batch& batch, const AppendReply& result);

  BatchSender& sender_;
  const std::string stream_;

  std::mutex mutex_;  // guards what follows
  std::deque<Append> waiting_;
  std::size_t under_way_ = 0;
  std::size_t room_ = under_way_max;  // less while the server refuses some
};

}  // namespace troupe::nats
