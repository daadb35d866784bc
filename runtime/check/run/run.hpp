// What is checked: everything a finished run left behind, read once and held in memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <google/protobuf/timestamp.pb.h>

#include "runtime/check/history/history.hpp"
#include "runtime/check/history/process_samples.hpp"
#include "runtime/ports/event_log.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::check {

/// How far a durable consumer is behind.
struct ConsumerSummary {
  std::string name;
  std::uint64_t pending = 0;      ///< never delivered
  std::uint64_t ack_pending = 0;  ///< delivered, not acknowledged
};

/// An event that a reaction could not handle, or that waits behind one.
struct ParkedRecord {
  std::string consumer{};
  std::string stream{};        ///< of the event
  std::string subject{};       ///< of the event
  std::uint64_t sequence = 0;  ///< of the event in its stream
  std::string cause{};
};

/// How far a copy of a stream is behind its leader.
struct ReplicaState {
  std::string name;
  bool current = false;
  std::uint64_t lag = 0;  ///< messages it lacks
};

inline bool is_level(const ReplicaState& replica) { return replica.current && replica.lag == 0; }

/// What a context has still to do.
struct Backlog {
  std::vector<ConsumerSummary> consumers{};
  std::vector<std::string> timers{};  ///< subjects of armed timers and of fired ones nobody took
  std::vector<ParkedRecord> parked{};
  std::vector<ReplicaState> replicas{};  ///< of the event stream, beside its leader
};

/// In how many messages a header stands.
struct HeaderUse {
  /// Of more messages only the first ones are told.
  static constexpr std::size_t told_max = 1'000;

  std::uint64_t messages = 0;
  std::vector<std::uint64_t> sequences{};  ///< of the first ones
};

/// What an event stream says about itself, and its messages beside their bodies.
struct StreamSummary {
  google::protobuf::Timestamp created{};
  std::uint64_t first_sequence = 1;
  std::map<std::string, HeaderUse> headers{};
};

/// A message of stream CTL.
struct ControlRecord {
  std::uint64_t sequence = 0;
  std::string subject;
  std::string bytes;
};

/// Version and hash of an instance's state, by its subject.
using StateHashes = std::map<std::string, std::string>;

struct ContextRun {
  std::string context;
  std::uint64_t last_sequence = 0;  ///< as the stream says, to be compared with the log
  std::vector<StoredCommit> log{};
  std::map<std::string, ViewContent> views{};  ///< by name
  std::optional<Backlog> backlog{};
  std::optional<StreamSummary> stream{};
};

/// What is missing makes invariants unchecked, not violated.
struct FinishedRun {
  std::vector<ContextRun> contexts;
  std::optional<std::vector<ControlRecord>> control;  ///< in the order of the stream
  std::optional<StateHashes> states;  ///< as another version of this program folded them
  std::optional<std::vector<ClientEvent>> history;
  std::optional<std::vector<ProcessSample>> processes;
};

}  // namespace troupe::check
