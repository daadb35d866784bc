// Times as JetStream and the services API write them.
#pragma once

#include <string>

#include <troupe/aggregate.hpp>

namespace troupe::nats {

/// Such as 2026-01-31T23:59:59.123Z.
std::string rfc3339(Time time);

}  // namespace troupe::nats
