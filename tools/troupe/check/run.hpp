// What is checked: everything a finished run left behind, read once and held in memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/ports/event_log.hpp"
#include "runtime/ports/view_store.hpp"
#include "tools/troupe/history/gateway_ledger.hpp"
#include "tools/troupe/history/history.hpp"
#include "tools/troupe/history/mail_ledger.hpp"

namespace troupe::tool {

/// How far a durable consumer is behind.
struct ConsumerState {
  std::string name;
  std::uint64_t pending = 0;      ///< never delivered
  std::uint64_t ack_pending = 0;  ///< delivered, not acknowledged
};

/// What a context has still to do.
struct Backlog {
  std::vector<ConsumerState> consumers{};
  std::vector<std::string> timers{};  ///< subjects of armed timers and of fired ones nobody took
  std::uint64_t parked = 0;
};

struct ViewContent {
  std::uint64_t checkpoint = 0;
  Rows rows{};
};

struct ContextRun {
  std::string context;
  std::uint64_t last_sequence = 0;  ///< as the stream says, to be compared with the log
  std::vector<StoredCommit> log{};
  std::map<std::string, ViewContent> views{};  ///< by name
  std::optional<Backlog> backlog{};
};

/// What is missing makes invariants unchecked, not violated.
struct FinishedRun {
  std::vector<ContextRun> contexts;
  std::optional<std::vector<ClientEvent>> history;
  std::optional<std::vector<GatewayCall>> gateway;
  std::optional<std::vector<ReceivedMail>> mails;
};

}  // namespace troupe::tool
