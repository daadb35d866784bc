// Implements PING, INFO and STATS.
#include "runtime/nats/service/services.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/base/text.hpp"
#include "runtime/nats/wire/rfc3339.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::nats {

namespace {

constexpr IntakeBounds bounds{.messages_max = 256, .bytes_max = 256 * 1'024};

}  // namespace

Services::Services(Answers& answers, Inboxes& inboxes, ServicesOptions options,
                   std::vector<Service> services, Time started)
    : answers_(answers),
      inboxes_(inboxes),
      options_(std::move(options)),
      services_(std::move(services)),
      id_(random_id()),
      started_(rfc3339(started)) {}

Result<void> Services::start() {
  auto& connection = answers_.connection();
  auto subscribed = connection.subscribe({.subject = "$SRV.>",
                                          .handler = [this](const auto& request) { on(request); },
                                          .bounded = Connection::Bounded{.bounds = bounds}});
  if (!subscribed) return tl::make_unexpected(subscribed.error());
  subscription_ = std::move(*subscribed);
  if (connection.flush(start_patience)) return {};
  return retryable("NATS did not take the subscriptions of this node in time.");
}

bool Services::may_answer() {
  const auto now = std::chrono::steady_clock::now();
  if (now - second_began_ >= std::chrono::seconds(1)) {
    second_began_ = now;
    answered_ = 0;
  }
  return ++answered_ <= answered_per_second_max;
}

void Services::on(const Received& request) {
  // $SRV.<verb>, $SRV.<verb>.<name> or $SRV.<verb>.<name>.<id>
  const auto tokens = split_tokens(request.subject());
  const auto inbox = inboxes_.of(request);
  if (!inbox || inbox->empty() || tokens.size() > 4) return;
  const std::string verb(tokens[1]);
  if (verb != "PING" && verb != "INFO" && verb != "STATS") return;
  if (tokens.size() == 4 && tokens[3] != id_) return;
  if (!may_answer()) return;
  for (const auto& service : services_)
    if (tokens.size() == 2 || tokens[2] == service.name)
      (void)answers_.send(*inbox, {.body = response(verb, service).dump()});
}

nlohmann::json Services::response(const std::string& verb, const Service& service) const {
  nlohmann::json response = {{"name", service.name},
                             {"id", id_},
                             {"version", options_.version},
                             {"metadata", {{"node", options_.node}}}};
  if (verb == "PING") {
    response["type"] = "io.nats.micro.v1.ping_response";
    return response;
  }
  const bool stats = verb == "STATS";
  response["type"] = stats ? "io.nats.micro.v1.stats_response" : "io.nats.micro.v1.info_response";
  if (stats)
    response["started"] = started_;
  else
    response["description"] = service.description;
  response["endpoints"] = nlohmann::json::array();
  for (const auto& [endpoint, data] : service.endpoints) {
    auto entry = stats ? endpoint->stats() : endpoint->info();
    if (stats && data) entry["data"] = data();
    response["endpoints"].push_back(std::move(entry));
  }
  return response;
}

}  // namespace troupe::nats
