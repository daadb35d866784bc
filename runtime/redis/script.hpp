// A Lua script that runs inside Redis as one step.
#pragma once

#include <string>
#include <string_view>

#include <openssl/sha.h>

#include "runtime/base/embedded.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::redis {

/// Redis knows a script it has seen by the SHA-1 of its text.
struct Script {
  std::string_view text;
  std::string sha1;

  /// REQUIRES: a .lua file of this folder, named from the root of the source tree.
  explicit Script(std::string_view path) : text(embedded_file(path)) {
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
    sha1 = to_hex({reinterpret_cast<const char*>(digest), sizeof digest});
  }
};

}  // namespace troupe::redis
