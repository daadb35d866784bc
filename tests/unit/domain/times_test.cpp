// Which times there are, and that none of them overflows.
#include <catch2/catch_all.hpp>

#include <google/protobuf/util/time_util.h>

#include <troupe/timestamp.hpp>
#include "runtime/ports/instant.hpp"

namespace {

using namespace std::chrono_literals;
using google::protobuf::Duration;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;
using namespace troupe;

Timestamp timestamp(std::int64_t seconds, std::int32_t nanos = 0) {
  Timestamp made;
  made.set_seconds(seconds);
  made.set_nanos(nanos);
  return made;
}

Duration duration(std::int64_t seconds, std::int32_t nanos = 0) {
  Duration made;
  made.set_seconds(seconds);
  made.set_nanos(nanos);
  return made;
}

TEST_CASE("the times there are go from the year 1 to the end of 9999", "[times]") {
  CHECK(TimeUtil::ToString(to_timestamp(earliest_time)) == "0001-01-01T00:00:00Z");
  CHECK(TimeUtil::ToString(to_timestamp(latest_time)) == "9999-12-31T23:59:59.999Z");
  CHECK(to_time(to_timestamp(latest_time)) == latest_time);
  CHECK(to_time(to_timestamp(earliest_time)) == earliest_time);
  CHECK(to_time(to_timestamp(Time(-1ms))) == Time(-1ms));
}

TEST_CASE("a time or a duration is legal when protobuf prints it", "[times]") {
  CHECK(is_legal(timestamp(-62'135'596'800)));
  CHECK(is_legal(timestamp(253'402'300'799, 999'999'999)));
  CHECK_FALSE(is_legal(timestamp(-62'135'596'801)));
  CHECK_FALSE(is_legal(timestamp(253'402'300'800)));
  CHECK_FALSE(is_legal(timestamp(0, -1)));
  CHECK_FALSE(is_legal(timestamp(0, 1'000'000'000)));
  CHECK_FALSE(is_legal(timestamp(INT64_MAX)));
  CHECK_FALSE(is_legal(timestamp(INT64_MIN, INT32_MIN)));
  CHECK(is_legal(duration(315'576'000'000, 999'999'999)));
  CHECK(is_legal(duration(-315'576'000'000, -999'999'999)));
  CHECK_FALSE(is_legal(duration(315'576'000'001)));
  CHECK_FALSE(is_legal(duration(-315'576'000'001)));
  CHECK_FALSE(is_legal(duration(1, -1)));
  CHECK_FALSE(is_legal(duration(-1, 1)));
  CHECK_FALSE(is_legal(duration(0, 1'000'000'000)));
  CHECK_FALSE(is_legal(duration(INT64_MIN, INT32_MIN)));
}

TEST_CASE("a time that cannot be is the nearest that can", "[times]") {
  CHECK(to_time(timestamp(INT64_MAX, INT32_MAX)) == latest_time);
  CHECK(to_time(timestamp(INT64_MIN, INT32_MIN)) == earliest_time);
  CHECK(to_time(timestamp(5, -7)) == Time(5s));
  CHECK(is_legal(to_timestamp(Time::max())));
  CHECK(is_legal(to_timestamp(Time::min())));
  CHECK(to_time(to_timestamp(Time::max())) == latest_time);
}

TEST_CASE("an instant that does not fit is the nearest that does, and differences fit", "[times]") {
  const Instant some = to_instant(timestamp(1'700'000'000, 123'456'789));
  CHECK(some.time_since_epoch() == 1'700'000'000s + 123'456'789ns);
  CHECK(to_timestamp(some) == timestamp(1'700'000'000, 123'456'789));
  CHECK(to_instant(timestamp(INT64_MAX, INT32_MAX)) == Instant::max());
  CHECK(to_instant(timestamp(253'402'300'799)) == Instant::max());
  CHECK(to_instant(timestamp(9'223'372'036, 854'775'808)) == Instant::max());
  CHECK(to_instant(timestamp(-62'135'596'800)) == Instant());  // what Go calls no time
  CHECK(to_instant(timestamp(INT64_MIN, INT32_MIN)) == Instant());
  CHECK(to_instant(latest_time) > to_instant(Time(9'000'000'000s)));
  CHECK(to_instant(earliest_time) == Instant());
  CHECK(is_legal(to_timestamp(Instant::max())));
}

}  // namespace
