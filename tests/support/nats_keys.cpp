#include "tests/support/nats_keys.hpp"

#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include <openssl/evp.h>
#include <spdlog/fmt/fmt.h>

namespace troupe::test {

namespace {

using Bytes = std::vector<unsigned char>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// Groups of so many bits, each as a letter of the alphabet.
std::string encoded(const Bytes& bytes, std::string_view alphabet, unsigned bits_each) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8U) | byte;
    for (held += 8; held >= bits_each; held -= bits_each)
      text += alphabet[(bits >> (held - bits_each)) & ((1U << bits_each) - 1)];
  }
  if (held > 0) text += alphabet[(bits << (bits_each - held)) & ((1U << bits_each) - 1)];
  return text;
}

std::string base32(const Bytes& bytes) {
  return encoded(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5);
}

std::string base64url(std::string_view text) {
  return encoded(Bytes(text.begin(), text.end()),
                 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6);
}

std::string with_checksum(Bytes bytes) {
  std::uint16_t crc = 0;
  for (const unsigned char byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ (byte << 8));
    for (int i = 0; i < 8; ++i)
      crc = static_cast<std::uint16_t>((crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
  }
  bytes.push_back(static_cast<unsigned char>(crc & 0xffU));
  bytes.push_back(static_cast<unsigned char>(crc >> 8U));
  return base32(bytes);
}

Key ed25519(const std::array<unsigned char, 32>& bytes) {
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()),
          EVP_PKEY_free};
}

}  // namespace

NatsKey::NatsKey(Kind kind) : kind_(kind) {
  std::random_device random;
  for (auto& byte : private_) byte = static_cast<unsigned char>(random());
  std::size_t size = public_.size();
  if (EVP_PKEY_get_raw_public_key(ed25519(private_).get(), public_.data(), &size) != 1)
    throw std::runtime_error("no Ed25519 key");
}

std::string NatsKey::seed() const {
  const auto kind = static_cast<unsigned>(kind_);
  Bytes bytes{static_cast<unsigned char>((18U << 3U) | (kind >> 5U)),
              static_cast<unsigned char>((kind & 31U) << 3U)};
  bytes.insert(bytes.end(), private_.begin(), private_.end());
  return with_checksum(bytes);
}

std::string NatsKey::public_key() const {
  Bytes bytes{static_cast<unsigned char>(kind_)};
  bytes.insert(bytes.end(), public_.begin(), public_.end());
  return with_checksum(bytes);
}

std::string NatsKey::jwt(std::string_view subject, std::string_view nats) const {
  const auto said =
      base64url(R"({"typ":"JWT","alg":"ed25519-nkey"})") + "."
      + base64url(fmt::format(
          R"({{"jti":"test","iat":1700000000,"iss":"{}","name":"test","sub":"{}","nats":{}}})",
          public_key(), subject, nats));
  std::array<unsigned char, 64> signature;
  std::size_t size = signature.size();
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, ed25519(private_).get()) != 1
      || EVP_DigestSign(context.get(), signature.data(), &size,
                        reinterpret_cast<const unsigned char*>(said.data()), said.size())
             != 1)
    throw std::runtime_error("no Ed25519 signature");
  return said + "." + base64url({reinterpret_cast<const char*>(signature.data()), size});
}

NatsOperator make_operator() {
  const NatsKey owner(NatsKey::Kind::operator_);
  const NatsKey system(NatsKey::Kind::account);
  const NatsKey account(NatsKey::Kind::account);
  const NatsKey user(NatsKey::Kind::user);
  const auto limits = R"("limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,)"
                      R"("wildcards":true,"conn":-1,"leaf":-1})";
  const auto account_claim = fmt::format(R"({{"type":"account","version":2,{}}})", limits);
  const auto user_jwt = account.jwt(
      user.public_key(), R"({"type":"user","version":2,"subs":-1,"data":-1,"payload":-1})");
  return {.server_config =
              fmt::format("operator: {}\nresolver: MEMORY\nsystem_account: {}\n"
                          "resolver_preload: {{ {}: {}, {}: {} }}\n",
                          owner.jwt(owner.public_key(), R"({"type":"operator","version":2})"),
                          system.public_key(), system.public_key(),
                          owner.jwt(system.public_key(), account_claim), account.public_key(),
                          owner.jwt(account.public_key(), account_claim)),
          .credentials =
              fmt::format("-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n"
                          "-----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
                          user_jwt, user.seed()),
          .user = user.public_key()};
}

}  // namespace troupe::test
