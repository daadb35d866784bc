// The deliveries of one generation that are handed out and not yet acknowledged.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "runtime/nats/client/connection.hpp"

namespace troupe::nats {

/// Holds at most as many as the consumer's in_flight_max. Thread safety: any method from any
/// thread; it outlives its subscription in the acknowledgements that handlers keep.
class AckPending {
public:
  explicit AckPending(Connection& connection) : connection_(connection) {}

  /// Forgets all; acknowledgements of older generations mean nothing from now on.
  void begin(std::uint64_t generation);
  void add(std::uint64_t sequence, std::string ack_subject);
  bool holds(std::uint64_t sequence) const;
  /// Tells the server that the delivery is dealt with, if it is still of the current generation.
  void acknowledge(std::uint64_t generation, std::uint64_t sequence);
  /// Tells the server that those older than `age` are still being handled.
  void report_progress(std::chrono::steady_clock::duration age);
  /// Afterwards the connection is not used any more.
  void close();

private:
  struct Item {
    std::string ack_subject;
    std::chrono::steady_clock::time_point since;  ///< last told to the server
  };

  Connection& connection_;
  mutable std::mutex mutex_;  // guards what follows, and the connection's life
  bool closed_ = false;
  std::uint64_t generation_ = 0;
  std::map<std::uint64_t, Item> items_;  ///< by stream sequence
};

}  // namespace troupe::nats
