// What must hold of single fields that were read from a stream before anybody counts with them.
#pragma once

#include <algorithm>
#include <string_view>

#include <google/protobuf/util/time_util.h>

namespace troupe::engine {

/// A time that a calendar has and protobuf can print.
inline bool is_time(const google::protobuf::Timestamp& time) {
  using google::protobuf::util::TimeUtil;
  constexpr std::int32_t nanos_max = 999'999'999;
  return time.seconds() >= TimeUtil::kTimestampMinSeconds
         && time.seconds() <= TimeUtil::kTimestampMaxSeconds && time.nanos() >= 0
         && time.nanos() <= nanos_max;
}

/// Text that commands may hand on in their headers, or none.
inline bool fits_header(std::string_view text) {
  constexpr std::size_t length_max = 256;
  return text.size() <= length_max
         && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace troupe::engine
