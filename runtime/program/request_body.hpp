// Checks what a person typed before it is sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <troupe/model.hpp>

namespace troupe::tool {

bool is_known(const std::vector<ContextModel>& contexts, std::string_view context);

/// What is wrong with a body in JSON, or empty. With a prototype it must be such a message; without
/// one any JSON object will do.
std::string check_body(const std::string& body, const Message* prototype);

/// The sentence for a context that nobody answers for.
std::string nobody_serves(const std::string& context, const std::string& nats_address);

}  // namespace troupe::tool
