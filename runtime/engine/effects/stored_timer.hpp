// What a message of a timer stream is: a timer of its subject's instance, or not.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/subject.hpp"
#include "runtime/ports/subscription.hpp"
#include "troupe/v1/records.pb.h"

namespace troupe::engine {

/// A timer whose names are legal and its subject's, and whose times can be counted with.
struct ReadTimer {
  Instance instance;
  Token name;
  v1::TimerRecord record;
};

/// The timer that has fired, or why there is none, as a clause.
Result<ReadTimer> read_timer(const StoredSubject& fired, std::string_view bytes);

}  // namespace troupe::engine
