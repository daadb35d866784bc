#include "runtime/host/durability.hpp"

#include <chrono>

#include <spdlog/spdlog.h>

#include "runtime/base/json.hpp"
#include "runtime/curl/http.hpp"

namespace troupe::host {

namespace {

constexpr std::chrono::milliseconds monitoring_timeout{2'000};
constexpr long http_ok = 200;

/// Whether the server syncs before it acknowledges. Fails when it does not say what it does.
Result<bool> syncs_always(const std::string& monitoring_url) {
  const auto response = curl::http_get(monitoring_url + "/varz", monitoring_timeout);
  if (!response) return tl::make_unexpected(response.error());
  const auto varz = nats::read_json(response->body);
  if (response->status != http_ok || !varz || !varz->is_object())
    return retryable(monitoring_url + " answers, but not as the monitoring of a nats-server");
  return nats::field<bool>(*varz, "jetstream.config.sync_always").value_or(false);
}

/// Any answer suffices, and of several the weakest counts.
Result<bool> all_sync_always(const std::vector<std::string>& monitoring_urls) {
  bool any = false;
  bool all = true;
  std::string silent;
  for (const auto& url : monitoring_urls) {
    const auto syncs = syncs_always(url);
    any |= syncs.has_value();
    all &= syncs.value_or(true);
    if (!syncs) silent += (silent.empty() ? "" : "; ") + syncs.error().what;
  }
  if (!any && !monitoring_urls.empty())
    return retryable("no NATS monitoring endpoint answers, so sync_interval is unknown: " + silent);
  if (!silent.empty()) spdlog::info("sync_interval is known of some servers only: {}", silent);
  return any && all;
}

bool wants_sync(const std::string& mode) { return mode.ends_with("durable"); }
bool wants_replicas(const std::string& mode) { return mode.starts_with("replicated"); }

}  // namespace

Result<std::string> verified_durability(const std::string& wanted, int replicas,
                                        const std::vector<std::string>& monitoring_urls) {
  const auto syncs = all_sync_always(monitoring_urls);
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
