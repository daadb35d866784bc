// What the servers really promise, compared with what the configuration asks for.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.hpp"

namespace troupe::host {

/// The durability that can be verified: from the number of replicas, and from the servers'
/// monitoring endpoints whether they sync before they acknowledge. Of those that answer the weakest
/// counts; none, or one that does not say, counts as no. Fails permanently when that is less than
/// `wanted`, and retryably when sync is wanted and no endpoint answers. Blocks.
/// REQUIRES: the addresses have no slash at the end.
Result<std::string> verified_durability(const std::string& wanted, int replicas,
                                        const std::vector<std::string>& monitoring_urls);

}  // namespace troupe::host
