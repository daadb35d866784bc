// Between the domain's time and protobuf's.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "runtime/domain/aggregate.hpp"

namespace troupe {

inline google::protobuf::Timestamp to_timestamp(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds.time_since_epoch().count());
  timestamp.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(time - seconds).count()));
  return timestamp;
}

/// Whole milliseconds; what is finer is cut off.
inline Time to_time(const google::protobuf::Timestamp& timestamp) {
  return Time(std::chrono::seconds(timestamp.seconds()))
         + std::chrono::floor<std::chrono::milliseconds>(
             std::chrono::nanoseconds(timestamp.nanos()));
}

}  // namespace troupe
