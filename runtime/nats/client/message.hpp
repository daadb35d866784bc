// A message as nats.c sends it.
#pragma once

#include <string_view>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/client/handles.hpp"

namespace troupe::nats {

/// Null when subject, reply subject or a header's value cannot be sent: they may come from outside.
/// An empty value is left out, as nats.c before 3.11 misreads it. REQUIRES: header keys are clean.
MessageHandle make_message(std::string_view subject, const Headers& headers, std::string_view body,
                           std::string_view reply);

}  // namespace troupe::nats
