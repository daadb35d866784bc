// Keys of NATS users: a seed in a file is the secret, the server knows the public key.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace troupe::nats {

/// The public key (U…) of the user whose seed (SU…) stands in `text` on a line of its own, as in a
/// seed file or a credentials file. Fails permanently, never repeating any of the text.
Result<std::string> public_key_of_seed(std::string_view text);

}  // namespace troupe::nats
