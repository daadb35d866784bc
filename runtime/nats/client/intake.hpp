// What becomes of messages that come in faster than they are handled.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtime/base/steady_time.hpp"
#include "runtime/nats/client/arrivals.hpp"
#include "runtime/nats/client/senders.hpp"

namespace troupe::nats {

/// Of one subscription.
struct IntakeBounds {
  /// Above one of these, whoever sends much is refused ...
  std::size_t messages_max = 8'192;
  std::size_t bytes_max = 4 * 1'024 * 1'024;
  std::chrono::milliseconds age_max{500};
  /// ... above this many times the first two whoever sends much gets no answer any more, and the
  /// others are refused ...
  static constexpr double crowded = 1.5;
  /// ... which they are also above this many times the third ...
  static constexpr int old = 2;
  /// ... and above this many times the first two nothing is taken in at all.
  static constexpr int full = 5;
  /// To refuse costs more than to drop: so often it is done, and beyond it all is dropped.
  static constexpr std::size_t refused_per_window_max = 1'000;
  /// Of those so many go to whoever sends much: the rest are answered when they are refused, too.
  static constexpr std::size_t refused_of_many_max = 800;
  static constexpr std::chrono::milliseconds window{100};
  /// After so long within the bounds nobody is known as one who sends much any more.
  static constexpr std::chrono::seconds forgotten_after{1};
};

/// Of messages that were not handled. Any thread.
struct Unhandled {
  std::atomic<std::uint64_t> refused{0};  ///< answered 429, or so that the client repeats
  std::atomic<std::uint64_t> dropped{0};  ///< not answered
};

/// Judges each message that is taken out of a queue. While the bounds are kept, and what was
/// handled before is mostly answered, all are handled, and nobody is counted. Not thread safe.
class Intake {
public:
  enum class Verdict { handle, refuse, drop };

  explicit Intake(const IntakeBounds& bounds) : bounds_(bounds) {}

  /// The oldest message is taken out. When it came in, see Arrivals.
  SteadyTime take(SteadyTime now) { return arrivals_.take(now); }
  /// `busy`: so much is not answered yet that there is room only for those who send little.
  Verdict judge(std::string_view reply, SteadyTime now, std::chrono::nanoseconds age, bool busy);
  /// So much waits now.
  void look(SteadyTime now, std::size_t messages, std::size_t bytes);

  /// More waits than whoever sends much is answered for.
  bool crowded() const;

private:
  bool sends_much(std::string_view reply, SteadyTime now);
  Verdict refuse(SteadyTime now, std::size_t most);

  const IntakeBounds bounds_;
  Arrivals arrivals_;
  std::unique_ptr<Senders> senders_;  // none while all is handled
  SteadyTime judged_at_{};
  std::size_t messages_ = 0;  // at the last look
  std::size_t bytes_ = 0;
  SteadyTime window_began_{};
  std::size_t refused_ = 0;  // in this window
};

}  // namespace troupe::nats
