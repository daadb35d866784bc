#include "runtime/ports/identity.hpp"

#include <array>
#include <memory>
#include <random>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/evp.h>

#include "runtime/base/assert.hpp"

namespace troupe {

namespace {

constexpr std::size_t id_digits = 32;

/// Length before content, so that ("ab","c") and ("a","bc") differ.
void add(std::string& to, std::string_view field) {
  to += std::to_string(field.size());
  to += ':';
  to += field;
}

std::string short_hash(std::string_view bytes) {
  return to_hex(sha256(bytes)).substr(0, id_digits);
}

std::string deterministic_bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  // Finding the algorithm takes longer than hashing a commit.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  constexpr std::size_t length = 32;
  std::string digest(length, '\0');
  const bool done =
      EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1
      && EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1
      && EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr)
             == 1;
  TROUPE_ASSERT(done, "OpenSSL could not hash");
  return digest;
}

std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string command_hash(std::string_view type, const google::protobuf::Message& body) {
  std::string bytes;
  add(bytes, type);
  bytes += deterministic_bytes(body);
  return sha256(bytes);
}

std::string random_id() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  std::array<std::uint64_t, 2> words{random(), random()};
  return to_hex({reinterpret_cast<const char*>(words.data()), sizeof words});
}

std::string asked_command_id(const AskedBy& asked) {
  std::string bytes;
  add(bytes, asked.consumer);
  add(bytes, asked.source_subject);
  add(bytes, std::to_string(asked.version));
  add(bytes, asked.reaction);
  add(bytes, asked.target);
  add(bytes, asked.command_type);
  add(bytes, std::to_string(asked.ordinal));
  return short_hash(bytes);
}

std::string effect_key(std::string_view subject, std::uint64_t version, std::string_view effect) {
  std::string bytes;
  add(bytes, subject);
  add(bytes, std::to_string(version));
  add(bytes, effect);
  return short_hash(bytes);
}

}  // namespace troupe
