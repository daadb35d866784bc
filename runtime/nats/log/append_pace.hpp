// Measures what appends cost a stream, and says when batches are the faster way.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>

namespace troupe::nats {

/// An append that is sent alone costs the stream one flush to its disk, or none, as the server is
/// set up; an atomic batch costs about four flushes whatever its size. Which is faster, and from
/// how many messages on, follows from measured times and the three constants below.
/// Not thread safe.
class AppendPace {
public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::nanoseconds;

  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
  /// A stream that takes an append in less has no flush to share: the batch's own files cost more.
  static constexpr Duration worth_sharing = std::chrono::microseconds(100);
  /// What one more message adds to a batch, about what it takes without a flush (41,000 to 57,000
  /// messages/s were measured at 500 per batch, with a flush before every acknowledgement).
  static constexpr Duration message_of_batch = std::chrono::microseconds(20);
  static constexpr int flushes_of_batch = 4;

  /// How many appends a measurement is of. Fewer would measure the way to the server.
  static constexpr std::size_t probe_min = 16;
  static constexpr std::size_t probe_max = 64;
  /// A busy machine makes an append look slow and nothing makes it look quick: the least of the
  /// last few measurements counts.
  static constexpr std::size_t kept = 3;
  /// The next one is due after so long, sooner while there are few.
  static constexpr std::chrono::milliseconds due_after{2'000};
  static constexpr std::chrono::milliseconds first_due_after{50};
  static constexpr std::chrono::milliseconds kept_for{10'000};  ///< once there is a newer one

  /// So many appends that were sent alone, to a stream with nothing else to do, took so long.
  void alone_measured(std::size_t appends, Duration took, Time now);

  /// A measurement came to nothing: too few appends, or one without an answer.
  void not_measured(Time now) { tried_at_ = now; }

  /// A batch of so many was acknowledged.
  void batch_acknowledged(std::size_t messages, Time sent, Time now);

  /// From so many messages on a batch is the faster way; at least 2.
  std::size_t batch_from() const;

  /// Whether appends alone should be measured, if there are enough.
  bool is_due(Time now) const;

private:
  struct Measured {
    Time at{};
    Duration each{0};  // 0: none
  };

  Duration alone() const;

  std::array<Measured, kept> alone_{};  // the newest first
  Time tried_at_{};
  Duration batch_fixed_{0};  // a batch without its messages; 0: not known
  Time last_batch_{};
};

}  // namespace troupe::nats
