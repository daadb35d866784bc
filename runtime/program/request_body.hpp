// Checks what a person typed before it is sent.
#pragma once

#include <string>

#include <troupe/model.hpp>

namespace troupe::program {

/// What is wrong with a body in JSON, or empty. With a prototype it must be such a message; without
/// one any JSON object will do.
std::string check_body(const std::string& body, const Message* prototype);

/// The sentence for a context that nobody answers for.
std::string nobody_serves(const std::string& context, const std::string& nats_address);

}  // namespace troupe::program
