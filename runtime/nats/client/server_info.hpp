// What a NATS server says of itself before anybody has logged in.
#pragma once

#include <chrono>
#include <string>

#include "runtime/base/result.hpp"

namespace troupe::nats {

struct ServerInfo {
  bool asks_who = false;          ///< it lets nobody in who is not known to it
  bool tls = false;               ///< everybody has to use TLS
  bool asks_certificate = false;  ///< and to show a certificate
};

/// Asks the server at nats://<host>[:<port>] over a connection of its own. nats.c keeps this to
/// itself. Fails, retryable, when there is no answer within `patience`. Blocks.
Result<ServerInfo> read_server_info(const std::string& url, std::chrono::milliseconds patience);

}  // namespace troupe::nats
