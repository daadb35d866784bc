#include "runtime/nats/client/subscription_room.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "runtime/base/secrets.hpp"

namespace troupe::nats {

Result<void> check_subscription_room(ConnectionOptions options, std::size_t count) {
  const auto address = redacted(options.url);
  options.may_be_lost = true;
  options.shared_threads = true;
  const auto connection = Connection::open(std::move(options));
  if (!connection) return tl::make_unexpected(connection.error());
  std::vector<std::unique_ptr<Connection::Subscribed>> all;
  all.reserve(count);
  while (all.size() < count && (*connection)->connected()) {
    auto one = (*connection)->subscribe((*connection)->new_inbox(), {}, [](const Received&) {});
    if (!one) break;
    all.push_back(std::move(*one));
  }
  if ((*connection)->connected()) return {};
  return retryable(
      fmt::format("NATS at {} lets a client have about {} subscriptions and this node may need {}: "
                  "raise max_subscriptions there, or let the node have fewer contexts or slots.",
                  address, all.empty() ? 0 : all.size() - 1, count));
}

}  // namespace troupe::nats
