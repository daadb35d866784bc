// Moments as fine as JetStream has them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <google/protobuf/timestamp.pb.h>

#include <troupe/timestamp.hpp>

namespace troupe {

/// Two streams of one name differ in when they were created. Counted from 1970 on, it ends in 2262.
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

/// What does not fit becomes the nearest that does: 1970 or the end. The difference of any two
/// fits.
inline Instant to_instant(Time time) {
  constexpr auto latest = std::chrono::floor<std::chrono::milliseconds>(Instant::max());
  return std::clamp(time, Time{}, Time(latest));
}
inline Instant to_instant(const google::protobuf::Timestamp& timestamp) {
  using std::chrono::seconds;
  constexpr auto latest = std::chrono::floor<seconds>(Instant::max()) - seconds(1);
  const seconds whole(timestamp.seconds());
  if (whole < seconds(0)) return {};
  if (whole > latest.time_since_epoch()) return Instant::max();
  return Instant(whole) + std::chrono::nanoseconds(std::clamp(timestamp.nanos(), 0, 999'999'999));
}

inline google::protobuf::Timestamp to_timestamp(Instant instant) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(instant);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(whole.time_since_epoch().count());
  timestamp.set_nanos(static_cast<std::int32_t>((instant - whole).count()));
  return timestamp;
}

}  // namespace troupe
