// Secrets: read from files that others cannot read, and kept out of all that is printed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace troupe {

inline constexpr std::size_t secret_bytes_max = 65'536;

/// Fails permanently, with a sentence that names the file and what to do, when it cannot be read,
/// is no regular file, is empty or longer than `secret_bytes_max`, or when anybody but its owner,
/// which is this process's user or root, may read or write it.
Result<std::string> read_secret(const std::string& file);

/// The same for a secret of one line, such as a password: its line end is no part of it, and it
/// holds no control character.
Result<std::string> read_secret_line(const std::string& file);

/// Who an address names before its host: <user>[:<password>]@, percent-decoded.
struct UrlLogin {
  std::string user;
  std::optional<std::string> password;
};

/// One address without its login, and the login.
struct SplitUrl {
  std::string url;
  std::optional<UrlLogin> login;
};
SplitUrl split_login(std::string_view url);

/// Addresses, one or several with commas between them, with *** in place of whatever may be a
/// login. All that prints an address prints this.
std::string redacted(std::string_view urls);

}  // namespace troupe
