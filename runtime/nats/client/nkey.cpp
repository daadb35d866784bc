// Decodes a seed and derives its public key: base32, a prefix, 32 bytes of Ed25519, a CRC-16.
#include "runtime/nats/client/nkey.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace troupe::nats {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t key_bytes = 32;
constexpr unsigned char seed_prefix = 18U << 3U;  // S
constexpr unsigned char user_prefix = 20U << 3U;  // U

using Bytes = std::vector<unsigned char>;

std::optional<Bytes> from_base32(std::string_view text) {
  Bytes bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 5U) | static_cast<std::uint32_t>(value);
    held += 5;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<unsigned char>(bits >> held));
  }
  return bytes;
}

std::string to_base32(const Bytes& bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8U) | byte;
    held += 8;
    for (; held >= 5; held -= 5) text += alphabet[(bits >> (held - 5)) & 31U];
  }
  if (held > 0) text += alphabet[(bits << (5 - held)) & 31U];
  return text;
}

/// CRC-16/XMODEM.
std::uint16_t checksum(const unsigned char* bytes, std::size_t size) {
  std::uint16_t crc = 0;
  for (std::size_t i = 0; i < size; ++i) {
    crc = static_cast<std::uint16_t>(crc ^ (bytes[i] << 8));
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<std::uint16_t>((crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
  }
  return crc;
}

/// The line that is a seed; a credentials file has others around it.
std::string_view seed_line(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    if (line.starts_with("SU")) return line;
  }
  return {};
}

auto no_seed() { return permanent("it holds no seed of a NATS user (a line that begins with SU)"); }

}  // namespace

Result<std::string> public_key_of_seed(std::string_view text) {
  auto seed = from_base32(seed_line(text));
  // Two bytes of prefixes, the key, its checksum.
  if (!seed || seed->size() != 2 + key_bytes + 2) return no_seed();
  const auto stored =
      static_cast<std::uint16_t>((*seed)[2 + key_bytes] | ((*seed)[3 + key_bytes] << 8));
  const auto kind = static_cast<unsigned char>((((*seed)[0] & 7U) << 5U) | ((*seed)[1] >> 3U));
  if (((*seed)[0] & 0xf8U) != seed_prefix || kind != user_prefix
      || checksum(seed->data(), 2 + key_bytes) != stored)
    return no_seed();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed->data() + 2, key_bytes),
      EVP_PKEY_free);
  OPENSSL_cleanse(seed->data(), seed->size());
  Bytes open(1 + key_bytes);
  open[0] = user_prefix;
  std::size_t size = key_bytes;
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), open.data() + 1, &size) != 1) return no_seed();
  const auto crc = checksum(open.data(), open.size());
  open.push_back(static_cast<unsigned char>(crc & 0xffU));
  open.push_back(static_cast<unsigned char>(crc >> 8U));
  return to_base32(open);
}

}  // namespace troupe::nats
