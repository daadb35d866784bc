// Names that no other process makes up: for inboxes, batches and short-lived consumers.
#pragma once

#include <string>

namespace troupe::nats {

/// 32 hexadecimal digits from the system's source of randomness.
std::string unique_name();

}  // namespace troupe::nats
