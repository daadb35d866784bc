// Counts the requests of an endpoint.
#include "runtime/nats/service/endpoint.hpp"

namespace troupe::nats {

void Endpoint::record(std::chrono::nanoseconds took, std::string_view error) {
  const std::lock_guard lock(mutex_);
  ++requests_;
  processing_ += took;
  if (error.empty()) return;
  ++errors_;
  last_error_ = error;
}

nlohmann::json Endpoint::info() const {
  return {{"name", name_},
          {"subject", subject_},
          {"queue_group", queue_group},
          {"metadata", metadata_}};
}

nlohmann::json Endpoint::stats() const {
  const std::lock_guard lock(mutex_);
  const auto total = static_cast<std::uint64_t>(processing_.count());
  return {{"name", name_},
          {"subject", subject_},
          {"queue_group", queue_group},
          {"num_requests", requests_},
          {"num_errors", errors_},
          {"last_error", last_error_},
          {"processing_time", total},
          {"average_processing_time", requests_ == 0 ? 0 : total / requests_}};
}

}  // namespace troupe::nats
