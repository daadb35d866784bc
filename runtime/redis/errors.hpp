// What the errors that Redis answers mean.
#pragma once

#include <string_view>

namespace troupe::redis {

/// True: it speaks of the server's condition or of who may use it, which changes without anybody
/// changing the command. False: it speaks of the command.
bool passes(std::string_view error);

/// Redis has as many clients as it may; this connection is closed.
bool is_full(std::string_view error);

}  // namespace troupe::redis
