// Sends answers to those who wait for them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "runtime/base/seldom.hpp"
#include "runtime/nats/client/inboxes.hpp"
#include "runtime/nats/wire/outgoing.hpp"

namespace troupe::nats {

/// Nobody waits for what never comes: an answer that NATS does not take, such as one over the
/// server's max_payload, becomes one that says so. Without a connection it is lost, which leaves
/// the client with "unknown", as the contract says. Thread safety: any thread.
class Answers {
public:
  /// REQUIRES: `connection` outlives it.
  Answers(Connection& connection, NodeFacts node)
      : connection_(connection), node_(std::move(node)) {}

  const NodeFacts& node() const { return node_; }
  Connection& connection() const { return connection_; }

  /// Returns what was said in the end, as Outgoing::error. Nothing is sent to nowhere.
  std::string send(const Inbox& to, const Outgoing& answer);

  /// Those that could not be sent as they were.
  std::uint64_t unsent() const noexcept { return unsent_; }

private:
  Connection& connection_;
  const NodeFacts node_;
  std::atomic<std::uint64_t> unsent_{0};
  Seldom complaints_;
};

}  // namespace troupe::nats
