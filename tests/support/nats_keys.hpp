// Keys and credentials of NATS, made for one test as nk and nsc make them.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace troupe::test {

/// A key of an operator, an account or a user.
class NatsKey {
public:
  enum class Kind : unsigned char { operator_ = 14U << 3U, account = 0, user = 20U << 3U };

  explicit NatsKey(Kind kind);

  std::string seed() const;
  std::string public_key() const;
  /// A token in which this key says that of `subject`; `nats` is the JSON of its `nats` claim.
  std::string jwt(std::string_view subject, std::string_view nats) const;

private:
  const Kind kind_;
  std::array<unsigned char, 32> private_;
  std::array<unsigned char, 32> public_;
};

/// What a server needs to trust an operator, and a user of it.
struct NatsOperator {
  std::string server_config;  ///< lines of nats.conf
  std::string credentials;    ///< text of the user's credentials file
  std::string user;           ///< public key
};
NatsOperator make_operator();

}  // namespace troupe::test
