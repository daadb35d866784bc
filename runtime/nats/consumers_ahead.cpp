// Lists a stream's consumers and resets some.
#include "runtime/nats/consumers_ahead.hpp"

#include <algorithm>

#include "runtime/nats/api.hpp"

namespace troupe::nats {

namespace {

using namespace nlohmann::literals;

/// JetStream lists 256 at a time; nobody has so many.
constexpr std::size_t consumers_max = 4'096;

Result<nlohmann::json> all_consumers(Connection& connection, const std::string& stream) {
  auto all = nlohmann::json::array();
  while (all.size() < consumers_max) {
    const auto page =
        ask_api_and_wait(connection, "CONSUMER.LIST." + stream, {{"offset", all.size()}});
    if (!page) return tl::make_unexpected(Failure(page.error()));
    const auto listed = page->find("consumers");
    if (listed == page->end() || listed->empty()) break;
    all.insert(all.end(), listed->begin(), listed->end());
    if (all.size() >= page->value("total", std::size_t{0})) break;
  }
  return all;
}

}  // namespace

Result<std::vector<std::string>> set_back_consumers(Connection& connection,
                                                    const std::string& stream, std::uint64_t last) {
  const auto consumers = all_consumers(connection, stream);
  if (!consumers) return tl::make_unexpected(consumers.error());
  std::vector<std::string> set_back;
  for (const auto& consumer : *consumers) {
    const bool durable = consumer.contains("/config/durable_name"_json_pointer);
    const auto floor = consumer.value("/ack_floor/stream_seq"_json_pointer, std::uint64_t{0});
    const auto delivered = consumer.value("/delivered/stream_seq"_json_pointer, std::uint64_t{0});
    if (!durable || (floor <= last && delivered <= last)) continue;
    const auto name = consumer.value("name", std::string());
    const auto reset = ask_api_and_wait(connection, "CONSUMER.RESET." + stream + "." + name,
                                        {{"seq", std::min(floor, last) + 1}});
    if (!reset) return tl::make_unexpected(Failure(reset.error()));
    set_back.push_back(name);
  }
  return set_back;
}

}  // namespace troupe::nats
