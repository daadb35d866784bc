// The order flow as a program: its contexts, its settings, and who performs its effects.
#pragma once

#include <troupe/program.hpp>

namespace troupe::tool {

/// Payments go to a gateway by NATS requests, notifications by mail or webhook, as its settings
/// say.
Program shop();

}  // namespace troupe::tool
