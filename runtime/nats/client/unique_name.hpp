// Names that no other process makes up or can guess: for inboxes, batches and short-lived
// consumers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::nats {

/// 32 hexadecimal digits from a cryptographic source.
std::string unique_name();

/// Numbers from a cryptographic source, fetched many at a time: one for each request costs next to
/// nothing. Used by one thread at a time.
class SecretNumbers {
public:
  std::uint64_t next();

private:
  std::array<std::uint64_t, 128> fetched_{};
  std::size_t left_ = 0;
};

}  // namespace troupe::nats
