// Between the domain's time and protobuf's, and which times there are.
#pragma once

#include <algorithm>
#include <cstdint>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <troupe/aggregate.hpp>

namespace troupe {

/// From the year 1 to the end of 9999: protobuf can hold other times, and print none of them. What
/// comes from outside is refused beyond; what is computed or stored beyond becomes the nearest.
inline constexpr Time earliest_time{std::chrono::seconds(-62'135'596'800)};
inline constexpr Time latest_time{std::chrono::milliseconds(253'402'300'799'999)};

/// What protobuf can print.
inline bool is_legal(const google::protobuf::Timestamp& time) {
  constexpr auto earliest = std::chrono::floor<std::chrono::seconds>(earliest_time);
  constexpr auto latest = std::chrono::floor<std::chrono::seconds>(latest_time);
  return time.seconds() >= earliest.time_since_epoch().count()
         && time.seconds() <= latest.time_since_epoch().count() && time.nanos() >= 0
         && time.nanos() < 1'000'000'000;
}
/// The same: 10,000 years to either side, with both parts on one.
inline bool is_legal(const google::protobuf::Duration& duration) {
  constexpr std::int64_t seconds_max = 315'576'000'000;
  const bool one_side = duration.seconds() == 0 || duration.nanos() == 0
                        || (duration.seconds() > 0) == (duration.nanos() > 0);
  return duration.seconds() >= -seconds_max && duration.seconds() <= seconds_max
         && duration.nanos() > -1'000'000'000 && duration.nanos() < 1'000'000'000 && one_side;
}

inline google::protobuf::Timestamp to_timestamp(Time time) {
  time = std::clamp(time, earliest_time, latest_time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds.time_since_epoch().count());
  timestamp.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(time - seconds).count()));
  return timestamp;
}

/// Whole milliseconds; what is finer is cut off.
inline Time to_time(const google::protobuf::Timestamp& timestamp) {
  using std::chrono::seconds;
  const auto whole = std::clamp(seconds(timestamp.seconds()),
                                std::chrono::floor<seconds>(earliest_time.time_since_epoch()),
                                std::chrono::floor<seconds>(latest_time.time_since_epoch()));
  const auto rest = std::clamp(timestamp.nanos(), 0, 999'999'999);
  return Time(whole)
         + std::chrono::floor<std::chrono::milliseconds>(std::chrono::nanoseconds(rest));
}

}  // namespace troupe
