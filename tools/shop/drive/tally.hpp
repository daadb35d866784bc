// Counts what has become of the clients' commands, whoever of them sent a try.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "tools/shop/demo/command_sender.hpp"

namespace troupe::tool {

/// By command, not by try. An answer is definite when it is accepted or rejected; the best one that
/// a command got counts, accepted before rejected.
struct CommandCounts {
  std::uint64_t ok = 0;
  std::uint64_t rejected = 0;
  /// Some try was answered by nobody; counted above as well, once settled.
  std::uint64_t unknown = 0;
  std::uint64_t unsettled = 0;  ///< no definite answer so far
};
nlohmann::ordered_json to_json(const CommandCounts& counts);

/// Thread safe.
class Tally {
public:
  Tally() : started_(std::chrono::steady_clock::now()) {}

  /// One try's answer.
  void count(const std::string& command_id, const Outcome& outcome);

  CommandCounts counts() const;
  /// Commands accepted for the first time, by the second since the tally was made.
  std::vector<std::uint64_t> accepted_per_second() const;
  /// Nanoseconds of the machine's monotonic clock, where those seconds begin.
  std::int64_t started_ns() const;

private:
  struct Command {
    bool accepted = false;
    bool rejected = false;
    bool unknown = false;
  };

  const std::chrono::steady_clock::time_point started_;
  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, Command> commands_;
  std::vector<std::uint64_t> accepted_;
};

/// Sends through another sender and tells the tally every answer.
class CountingSender final : public CommandSender {
public:
  CountingSender(CommandSender& sender, Tally& tally) : sender_(sender), tally_(tally) {}
  Outcome send(const Wish& wish, std::chrono::milliseconds timeout) override;

private:
  CommandSender& sender_;
  Tally& tally_;
};

}  // namespace troupe::tool
