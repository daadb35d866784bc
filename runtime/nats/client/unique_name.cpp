// Draws random numbers from OpenSSL.
#include "runtime/nats/client/unique_name.hpp"

#include <string_view>

#include <openssl/rand.h>

#include "runtime/base/assert.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::nats {

namespace {

template <class T, std::size_t n>
void fill(std::array<T, n>& with_chance) {
  const bool filled = RAND_bytes(reinterpret_cast<unsigned char*>(with_chance.data()),
                                 static_cast<int>(sizeof with_chance))
                      == 1;
  TROUPE_ASSERT(filled, "the system gives no random numbers");
}

}  // namespace

std::string unique_name() {
  std::array<char, 16> bytes{};
  fill(bytes);
  return to_hex({bytes.data(), bytes.size()});
}

std::uint64_t SecretNumbers::next() {
  if (left_ == 0) {
    fill(fetched_);
    left_ = fetched_.size();
  }
  return fetched_[--left_];
}

}  // namespace troupe::nats
