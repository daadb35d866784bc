// Lists a stream's consumers and resets some.
#include "runtime/nats/jetstream/consumers_ahead.hpp"

#include <algorithm>

#include "runtime/base/json.hpp"
#include "runtime/nats/jetstream/api.hpp"

namespace troupe::nats {

namespace {

/// Of 256 consumers each; nobody has so many, whatever total an answer claims.
constexpr int pages_max = 16;

}  // namespace

Result<nlohmann::json::array_t> list_consumers(Connection& connection, const std::string& stream) {
  nlohmann::json::array_t all;
  for (int pages = 0; pages < pages_max; ++pages) {
    const auto page =
        ask_api_and_wait(connection, "CONSUMER.LIST." + stream, {{"offset", all.size()}});
    if (!page) return tl::make_unexpected(Failure(page.error()));
    const auto& listed = list(*page, "consumers");
    if (listed.empty()) break;
    all.insert(all.end(), listed.begin(), listed.end());
    if (all.size() >= field<std::size_t>(*page, "total").value_or(0)) break;
  }
  return all;
}

Result<std::vector<std::string>> set_back_consumers(Connection& connection,
                                                    const std::string& stream, std::uint64_t last) {
  const auto consumers = list_consumers(connection, stream);
  if (!consumers) return tl::make_unexpected(consumers.error());
  std::vector<std::string> set_back;
  for (const auto& consumer : *consumers) {
    const bool durable = find(consumer, "config.durable_name") != nullptr;
    const auto floor = field<std::uint64_t>(consumer, "ack_floor.stream_seq").value_or(0);
    const auto delivered = field<std::uint64_t>(consumer, "delivered.stream_seq").value_or(0);
    if (!durable || (floor <= last && delivered <= last)) continue;
    const auto name = field<std::string>(consumer, "name").value_or("");
    const auto reset = ask_api_and_wait(connection, "CONSUMER.RESET." + stream + "." + name,
                                        {{"seq", std::min(floor, last) + 1}});
    if (!reset) return tl::make_unexpected(Failure(reset.error()));
    set_back.push_back(name);
  }
  return set_back;
}

}  // namespace troupe::nats
