// Reads nats.c messages.
#include <charconv>
#include <cstdlib>

#include "runtime/nats/client/connection.hpp"

namespace troupe::nats {

std::string_view Received::subject() const { return natsMsg_GetSubject(message_.get()); }

std::string_view Received::reply() const {
  const char* reply = natsMsg_GetReply(message_.get());
  return reply != nullptr ? std::string_view(reply) : std::string_view();
}

std::string_view Received::body() const {
  return {natsMsg_GetData(message_.get()),
          static_cast<std::size_t>(natsMsg_GetDataLength(message_.get()))};
}

std::optional<std::string_view> Received::header(const char* key) const {
  const char* value = nullptr;
  if (natsMsgHeader_Get(message_.get(), key, &value) != NATS_OK || value == nullptr)
    return std::nullopt;
  return value;
}

std::optional<std::string_view> Received::last_header(const char* key) const {
  const char** values = nullptr;
  int count = 0;
  if (natsMsgHeader_Values(message_.get(), key, &values, &count) != NATS_OK) return std::nullopt;
  const std::unique_ptr<const char*, Deleter<std::free>> owner(values);
  if (count == 0 || values[count - 1] == nullptr) return std::nullopt;
  return values[count - 1];  // of the message
}

std::vector<std::string> Received::header_keys() const {
  const char** keys = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(message_.get(), &keys, &count) != NATS_OK) return {};
  const std::unique_ptr<const char*, Deleter<std::free>> owner(keys);
  return {keys, keys + count};
}

int Received::status() const {
  const std::string_view text = header("Status").value_or("");
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

const char* describe(Reply::Status status) {
  switch (status) {
    case Reply::Status::answered:
      return "answered";
    case Reply::Status::no_responders:
      return "nobody is subscribed";
    case Reply::Status::not_sent:
      return "not sent, there is no connection";
    case Reply::Status::too_large:
      return "larger than the NATS server takes (max_payload)";
    case Reply::Status::timed_out:
      return "no answer in time";
    case Reply::Status::disconnected:
      return "the connection was lost before the answer";
    case Reply::Status::illegal:
      return "not sent, its subject or a header is not legal";
  }
  return "?";
}

}  // namespace troupe::nats
