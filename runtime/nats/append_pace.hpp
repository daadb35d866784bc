// Measures what appends cost a stream, and says when batches are the faster way.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>

namespace troupe::nats {

/// An append that is sent alone costs the stream one flush to its disk, or none, as the server is
/// set up; an atomic batch costs about four flushes whatever its size. Which is faster, and from
/// how many messages on, follows from measured times alone.
/// Not thread safe.
class AppendPace {
public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::nanoseconds;

  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
  /// A stream that takes an append in less has no flush to share: the batch's own files cost more.
  static constexpr Duration worth_sharing = std::chrono::microseconds(150);
  /// What one more message adds to a batch, about what it takes without a flush (41,000 to 57,000
  /// messages/s were measured at 500 per batch, with a flush before every acknowledgement).
  static constexpr Duration message_of_batch = std::chrono::microseconds(20);
  static constexpr int flushes_of_batch = 4;
  /// Only the time of an append that waited for others says what the stream needs for one. It has
  /// waited when it took so many times as long as the quickest.
  static constexpr int waited_factor = 4;
  /// A measurement is of so many appends, over so long. Acknowledgements come in bursts.
  static constexpr int window_appends = 32;
  static constexpr Duration window_time = std::chrono::milliseconds(10);
  /// While batches are sent nobody measures appends alone. An older measurement is made anew ...
  static constexpr std::chrono::seconds measured_for{2};
  /// ... with so many.
  static constexpr std::size_t probe = 64;

  /// One that was sent alone was acknowledged.
  void alone_acknowledged(Time sent, Time now);

  /// A batch of so many was acknowledged.
  void batch_acknowledged(std::size_t messages, Time sent, Time now);

  /// From so many messages on a batch is the faster way; at least 2.
  std::size_t batch_from() const;

  /// Whether some should be sent alone only to measure them.
  bool is_old(Time now) const;

private:
  Duration alone_{0};        // between two acknowledgements while others wait; 0: not known
  Duration batch_fixed_{0};  // a batch without its messages; 0: not known
  Duration quickest_{0};     // from sending to the acknowledgement; 0: not known
  Time measured_at_{};       // when alone_ was
  Time last_acknowledged_{};
  bool last_was_batch_ = false;
  Duration in_window_{0};
  int appends_in_window_ = 0;
};

}  // namespace troupe::nats
