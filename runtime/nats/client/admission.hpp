// Whether NATS lets a client in as it asked for, and what to say when it does not.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"
#include "runtime/nats/client/security.hpp"

namespace troupe::nats {

/// Before connecting: fails when a server asks for a certificate and there is none to show. nats.c
/// 3.4.1 would never come back from that.
Result<void> look_before(const Access& access, std::chrono::milliseconds patience);

/// Once connected: fails when somebody in particular logs in, and the server lets anybody in.
Result<void> look_after(const Access& access, natsConnection* connection,
                        std::chrono::milliseconds patience);

/// Why nats.c did not connect, of the thread that tried.
Failure refusal(const Access& access, natsStatus status);

/// For when it neither connects nor gives up.
std::string stuck(const Access& access);

/// For when it has given up a connection that worked; `reason` is what the server said.
std::string closed_for_good(const Access& access, std::string_view reason);

}  // namespace troupe::nats
