// What the servers really promise, compared with what the configuration asks for.
#pragma once

#include <string>

#include "runtime/ports/result.hpp"

namespace troupe::host {

/// The durability that can be verified: from the number of replicas, and from the server's
/// monitoring endpoint whether it syncs before it acknowledges (what cannot be seen counts as no).
/// Fails permanently when that is less than `wanted`. Blocks.
Result<std::string> verified_durability(const std::string& wanted, int replicas,
                                        const std::string& monitoring_url);

}  // namespace troupe::host
