// A durable consumer of a stream: what it has delivered, what was acknowledged, and to whom it
// goes.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "runtime/memory/stream.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe::memory {

/// A handler that can be taken away while others still hold on to its place.
class Member {
public:
  explicit Member(DeliveryHandler& handler) : handler_(&handler) {}

  template <class Call>
  void call(const Call& call) {
    const std::lock_guard lock(calling_);
    if (handler_ != nullptr) call(*handler_);
  }
  /// Afterwards the handler is not called any more. Waits for a call that is running, unless it is
  /// that call which ends it.
  void end() {
    const std::lock_guard lock(calling_);
    handler_ = nullptr;
  }

private:
  std::recursive_mutex calling_;
  DeliveryHandler* handler_;
};

struct DurableOptions {
  std::string stream;
  std::string name;
  std::string prefix;                 ///< of the subjects it wants
  std::size_t in_flight_max = 1;      ///< as the latest subscriber asked for
  bool removes_acknowledged = false;  ///< a work queue
};

/// Behaves like a pinned JetStream consumer whose active client resets it to the ack floor first.
/// Not thread safe: the broker guards it.
class Durable {
public:
  explicit Durable(DurableOptions options) : options_(std::move(options)) {}

  const DurableOptions& options() const { return options_; }

  void join(std::shared_ptr<Member> member, std::size_t in_flight_max);
  void leave(const std::shared_ptr<Member>& member);
  std::shared_ptr<Member> active() const;

  /// The active member must hear of a new generation before anything else.
  bool needs_activation() const { return needs_activation_; }
  void ask_activation() { needs_activation_ = true; }
  /// Starts again after the ack floor: also what was acknowledged above it comes again.
  void activate(std::uint64_t generation);

  std::uint64_t generation() const { return generation_; }

  /// The next message to deliver, nothing when there is none or too many are unacknowledged.
  std::optional<Stored> take(const Stream& stream);

  /// False when it no longer counts.
  bool acknowledge(std::uint64_t generation, std::uint64_t sequence);

  /// How many messages wait to be delivered, and how many to be acknowledged.
  std::size_t undelivered(const Stream& stream) const {
    return stream.matching(options_.prefix, delivered_, SIZE_MAX).size();
  }
  std::size_t unacknowledged() const { return pending_.size(); }
  std::uint64_t floor() const { return floor_; }

  /// A fault: whatever is unacknowledged comes again in the same generation, newest first.
  void redeliver_backwards() { again_.assign(pending_.begin(), pending_.end()); }

private:
  DurableOptions options_;
  std::deque<std::shared_ptr<Member>> members_;  // the first one is active
  bool needs_activation_ = false;
  std::uint64_t generation_ = 0;
  std::uint64_t floor_ = 0;          // all up to here are acknowledged or not wanted
  std::uint64_t delivered_ = 0;      // the highest delivered
  std::set<std::uint64_t> pending_;  // delivered, not acknowledged
  std::deque<std::uint64_t> again_;  // to be redelivered, from the back
};

}  // namespace troupe::memory
