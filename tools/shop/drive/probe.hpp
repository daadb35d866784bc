// Asks one instance of every slot of a context many times a second, and writes down who answered.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/check/history/history.hpp"
#include "runtime/nats/requests/command_client.hpp"
#include "tools/shop/demo/patient_client.hpp"
#include "tools/shop/drive/tally.hpp"

namespace troupe::tool {

inline constexpr std::string_view probe_file = "probe.jsonl";

struct ProbeOptions {
  std::uint32_t slots = slots_default;
  double per_second = 20;  ///< probes of each slot
};

/// Articles of the inventory so that each slot has exactly one, by slot.
std::vector<Instance> probe_instances(std::uint32_t slots);

/// Receives one piece of stock per probe, which is always accepted and always appends. A line of
/// probe.jsonl says when it was sent and answered (monotonic nanoseconds), how, by which slot and
/// node. What stays unknown is sent again with its id until it is not.
class Probe {
public:
  static constexpr std::chrono::milliseconds timeout{1'000};
  /// Probes of one slot under way; over it none are sent.
  static constexpr std::size_t under_way_max = 40;
  /// Unknown probes that are repeated at the same time ...
  static constexpr std::size_t repeats_max = 128;
  /// ... and how long after their answer.
  static constexpr std::chrono::milliseconds repeat_after{100};

  /// REQUIRES: all outlive it.
  Probe(ProbeOptions options, nats::Connection& connection, check::History& history, Tally& tally,
        check::JsonLinesWriter lines);
  /// Stops asking and waits for what is under way, a timeout at most.
  ~Probe();

  /// Stops asking, and repeats what is unknown. False: after `patience` something still is.
  bool settle(std::chrono::milliseconds patience);

private:
  struct Ask {
    std::uint32_t slot = 0;
    std::string id;
    Time issued_at{};
    unsigned attempt = 1;
    std::chrono::steady_clock::time_point due{};  ///< of a repeat
  };

  void run();
  void ask_slot(std::uint32_t slot);
  void ask(Ask ask);
  check::CommandTry try_of(const Ask& ask) const;
  bool idle() const;  ///< REQUIRES: mutex_ is held
  void answered(const Ask& ask, std::int64_t sent_ns, const nats::ClientReply& reply);
  /// Those that are due.
  void repeat_unknown();

  const ProbeOptions options_;
  const std::vector<Instance> instances_;
  nats::CommandClient client_;
  check::History& history_;
  Tally& tally_;
  check::JsonLinesWriter lines_;
  StopFlag stop_;
  std::uint64_t asked_ = 0;  // of the thread

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::size_t> under_way_;  // by slot
  std::size_t repeats_under_way_ = 0;
  std::deque<Ask> unknown_;  // the next one that is due first
  std::thread thread_;       // last: runs from construction
};

}  // namespace troupe::tool
