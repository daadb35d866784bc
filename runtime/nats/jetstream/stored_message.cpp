// Reads messages out of JetStream's JSON.
#include "runtime/nats/jetstream/stored_message.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "runtime/base/json.hpp"

namespace troupe::nats {

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0 || static_cast<std::size_t>(size) != bytes.size()) return std::nullopt;
  // EVP_DecodeBlock turns padding into zero bytes.
  const auto padding =
      std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '=');
  bytes.resize(bytes.size() - static_cast<std::size_t>(padding));
  return bytes;
}

std::optional<std::string_view> StoredMessage::header(std::string_view key) const {
  const std::string line = "\r\n" + std::string(key) + ": ";
  const auto at = headers.find(line);
  if (at == std::string::npos) return std::nullopt;
  const auto begin = at + line.size();
  const auto end = std::min(headers.find("\r\n", begin), headers.size());
  return std::string_view(headers).substr(begin, end - begin);
}

std::optional<StoredMessage> read_stored_message(const nlohmann::json& answer) {
  const auto* found = find(answer, "message");
  if (found == nullptr) return std::nullopt;
  auto headers = from_base64(field<std::string_view>(*found, "hdrs").value_or(""));
  auto body = from_base64(field<std::string_view>(*found, "data").value_or(""));
  const auto sequence = field<std::uint64_t>(*found, "seq").value_or(0);
  // Whoever reads on asks for the sequence behind it.
  if (!headers || !body || sequence == 0 || sequence == UINT64_MAX) return std::nullopt;
  return StoredMessage{sequence, field<std::string>(*found, "subject").value_or(""),
                       std::move(*headers), std::move(*body)};
}

}  // namespace troupe::nats
