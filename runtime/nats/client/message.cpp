#include "runtime/nats/client/message.hpp"

#include <algorithm>
#include <climits>
#include <string>

#include "runtime/base/assert.hpp"
#include "runtime/base/text.hpp"

namespace troupe::nats {

namespace {

bool is_on_one_line(std::string_view text) {
  using namespace std::string_view_literals;
  return text.find_first_of("\r\n\0"sv) == std::string_view::npos;
}

}  // namespace

MessageHandle make_message(std::string_view subject, const Headers& headers, std::string_view body,
                           std::string_view reply) {
  const bool sendable =
      is_clean(subject) && (reply.empty() || is_clean(reply)) && body.size() <= INT_MAX
      && std::ranges::all_of(headers, [](const auto& h) { return is_on_one_line(h.second); });
  if (!sendable) return nullptr;
  const std::string reply_text(reply);
  natsMsg* raw = nullptr;
  const natsStatus created = natsMsg_Create(&raw, std::string(subject).c_str(),
                                            reply.empty() ? nullptr : reply_text.c_str(),
                                            body.data(), static_cast<int>(body.size()));
  TROUPE_ASSERT(created == NATS_OK, "nats.c could not make a message");
  MessageHandle message(raw);
  for (const auto& [key, value] : headers) {
    TROUPE_ASSERT(is_clean(key), "a header key holds no space and no control character");
    if (value.empty()) continue;
    const natsStatus set = natsMsgHeader_Add(raw, key, value.c_str());
    TROUPE_ASSERT(set == NATS_OK, "nats.c could not set a header");
  }
  return message;
}

}  // namespace troupe::nats
