#include "runtime/host/durability.hpp"

#include <chrono>

#include <spdlog/spdlog.h>

#include "runtime/curl/http.hpp"
#include "runtime/nats/json.hpp"

namespace troupe::host {

namespace {

constexpr std::chrono::milliseconds monitoring_timeout{2'000};

Result<bool> syncs_always(const std::string& monitoring_url) {
  if (monitoring_url.empty()) return false;
  const auto response = curl::http_get(monitoring_url + "/varz", monitoring_timeout);
  if (!response)
    return retryable("the NATS monitoring endpoint does not answer, so sync_interval is unknown: "
                     + response.error().what);
  const auto varz = nats::read_json(response->body);
  return varz && nats::field<bool>(*varz, "jetstream.config.sync_always").value_or(false);
}

bool wants_sync(const std::string& mode) { return mode.ends_with("durable"); }
bool wants_replicas(const std::string& mode) { return mode.starts_with("replicated"); }

}  // namespace

Result<std::string> verified_durability(const std::string& wanted, int replicas,
                                        const std::string& monitoring_url) {
  const auto syncs = syncs_always(monitoring_url);
  if (!syncs && wants_sync(wanted)) return tl::make_unexpected(syncs.error());
  if (!syncs) spdlog::warn("{}", syncs.error().what);
  const bool synced = syncs.value_or(false);
  const bool replicated = replicas >= 3;
  if (wants_replicas(wanted) && !replicated)
    return permanent("durability.mode is " + wanted
                     + " but nats.replicas is below 3: raise it, or choose dev or durable");
  if (wants_sync(wanted) && !synced)
    return permanent("durability.mode is " + wanted
                     + " but it cannot be verified that nats-server has sync_interval: always; set "
                       "it there, and nats.monitoring_url here, or choose dev or replicated");
  if (replicated) return std::string(synced ? "replicated-durable" : "replicated");
  return std::string(synced ? "durable" : "dev");
}

}  // namespace troupe::host
