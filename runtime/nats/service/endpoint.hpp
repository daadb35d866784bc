// One endpoint of a service, as the NATS services API shows it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace troupe::nats {

/// Thread safety: any method from any thread.
class Endpoint {
public:
  Endpoint(std::string name, std::string subject, std::map<std::string, std::string> metadata)
      : name_(std::move(name)), subject_(std::move(subject)), metadata_(std::move(metadata)) {}

  const std::string& name() const { return name_; }

  /// One request is answered; `error` is empty when it succeeded.
  void record(std::chrono::nanoseconds took, std::string_view error);

  /// Its part of the INFO and of the STATS response.
  nlohmann::json info() const;
  nlohmann::json stats() const;

private:
  const std::string name_;
  const std::string subject_;
  const std::map<std::string, std::string> metadata_;

  mutable std::mutex mutex_;  // guards what follows
  std::uint64_t requests_ = 0;
  std::uint64_t errors_ = 0;
  std::string last_error_;
  std::chrono::nanoseconds processing_{};
};

/// Of every subscription that takes requests: each goes to one node.
inline constexpr const char* queue_group = "troupe";

}  // namespace troupe::nats
