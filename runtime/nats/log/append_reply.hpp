// What JetStream answers to an append.
#pragma once

#include <string>

#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/event_log.hpp"

namespace troupe::nats {

struct AppendReply : AppendResult {
  int err_code = 0;             ///< JetStream's own number, 0 when it gave none
  bool nothing_stored = false;  ///< of this try, and nothing will be; another may succeed
  std::uint64_t count = 0;      ///< acknowledged messages of a batch; 0 for a single append
};

/// What an append's acknowledgement, or its absence, means. `stream` is where it belongs.
AppendReply read_append_reply(const std::string& stream, const Reply& reply);

}  // namespace troupe::nats
