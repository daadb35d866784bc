// How a connection to NATS is made secure, and as whom it is made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/nats/client/handles.hpp"

namespace troupe::nats {

/// What is empty is not asked for. Files with secrets are read when a connection is made; only
/// their owner may have access to them.
struct Security {
  bool tls_required =
      false;  ///< also by an address that begins with tls://, or by any of the three
  std::string
      tls_ca{};  ///< file with the certificates that may sign the server's; else the system's
  std::string tls_cert{};  ///< file with the own certificate, for servers that ask for one
  std::string tls_key{};   ///< file with its key; secret
  // Who: one of these three, or by a login in the address.
  std::string creds{};      ///< credentials file, with a JWT and a seed; secret
  std::string nkey_seed{};  ///< file with a seed; secret
  std::string user{};
  std::string password_file{};  ///< the user's; secret
};

/// Where to connect to and as whom, made of what was configured.
struct Access {
  std::vector<std::string> servers;  ///< nats://<host>[:<port>], without a login
  std::string address;               ///< of all of them as it may be printed
  std::string who;                   ///< for sentences, such as "the user 'shop'"
  bool tls = false;
  bool login = false;  ///< somebody in particular, whom the server has to know
  bool signs = false;  ///< by signing what the server makes up

  std::string user;
  std::string password;  ///< or a token, without a user
  Security files;
};

/// Reads secrets. Fails permanently with a sentence that names the setting or file; it holds no
/// secret.
Result<Access> access_to(std::string_view urls, const Security& security);

/// Has nats.c connect like that.
Result<void> apply(const Access& access, natsOptions* options);

/// Why nats.c failed on this thread, in its, the server's or OpenSSL's words.
std::string last_words(natsStatus status);

}  // namespace troupe::nats
