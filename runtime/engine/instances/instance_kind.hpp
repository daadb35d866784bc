// What all instances of one aggregate type on a node share.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <troupe/model.hpp>
#include "runtime/base/gate.hpp"
#include "runtime/base/in_flight.hpp"
#include "runtime/engine/health/append_watch.hpp"
#include "runtime/engine/health/counters.hpp"
#include "runtime/engine/health/watchdog.hpp"
#include "runtime/engine/history/stored_commit.hpp"
#include "runtime/engine/options/engine_options.hpp"
#include "runtime/engine/ownership/slots.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/conditions.hpp"
#include "runtime/ports/event_log.hpp"
#include "runtime/ports/snapshots.hpp"

namespace troupe::engine {

/// Constant after construction; what the references name is thread safe and outlives the instances.
struct InstanceKind {
  const AggregateModel& model;
  const EngineOptions& options;
  EventLog& log;
  Snapshots& snapshots;
  const Clock& clock;
  const Slots& slots;
  SharedGate gate;
  Watchdog& watchdog;
  Counters& counters;
  AppendWatch& appends;
  Conditions& conditions;
  InFlight& in_flight;
  const SkipList& skips;
  CommitReader reader;
  std::string context;
  std::string stream;       ///< where its commits lie
  std::string fingerprint;  ///< of snapshots it can use
};

/// Tells an instance to leave memory: when it has nothing to do, or `at_once`, answering whoever
/// waits that nothing is known.
struct Leave {
  bool at_once = false;
  std::shared_ptr<void> gone{};  ///< kept until it has left
};

/// What the table and an instance know of each other. Written by both, from any thread.
struct Presence {
  Presence(Subject its_subject, std::uint32_t its_slot, std::atomic<std::int64_t>& of_all)
      : subject(std::move(its_subject)), slot(its_slot), bytes_of_all(of_all) {}

  /// Says how much memory it takes, about; 0 when it leaves.
  void take(std::int64_t wanted) noexcept { bytes_of_all += wanted - bytes.exchange(wanted); }

  /// Whoever comes after it would answer without knowing what may still arrive.
  bool may_leave() const noexcept { return in_flight == 0 && !in_doubt; }

  const Subject subject;
  const std::uint32_t slot;
  std::atomic<std::uint32_t> in_flight{0};  ///< commands sent to it and not answered
  std::atomic<bool> in_doubt{false};  ///< an append is under way, or what became of it is not known
  std::atomic<std::int64_t> bytes{0};
  std::atomic<std::int64_t>& bytes_of_all;  ///< the sum over the node's instances

  // Of the table, under its lock.
  bool watched = false;                            ///< the table looks after its deadline
  std::chrono::steady_clock::time_point deadline;  ///< the earliest of what is in flight, or before
};

}  // namespace troupe::engine
