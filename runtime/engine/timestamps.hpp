// Time as the domain has it and as messages carry it.
#pragma once

#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include "runtime/domain/aggregate.hpp"

namespace troupe::engine {

inline google::protobuf::Timestamp to_timestamp(Time time) {
  return google::protobuf::util::TimeUtil::MillisecondsToTimestamp(time.time_since_epoch().count());
}

inline Time to_time(const google::protobuf::Timestamp& stamp) {
  return Time{
      std::chrono::milliseconds{google::protobuf::util::TimeUtil::TimestampToMilliseconds(stamp)}};
}

}  // namespace troupe::engine
