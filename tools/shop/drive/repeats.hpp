// Clients without patience: they send some commands again with the same id, at once or much later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tools/shop/demo/client_pool.hpp"
#include "tools/shop/sim/delay_queue.hpp"

namespace troupe::tool {

struct RepeatOptions {
  double share = 0.1;                          ///< of the commands that are sent again
  std::chrono::milliseconds late_max{20'000};  ///< how much later at most
  std::uint64_t seed = 1;
};

/// When a command is sent again, after it was sent first: never, or one to four times. The same for
/// the same seed and id.
std::vector<std::chrono::milliseconds> repeats_of(const std::string& command_id,
                                                  const RepeatOptions& options);

/// Thread safe.
class Repeats {
public:
  static constexpr std::size_t clients = 4;

  Repeats(RepeatOptions options, CommandSender& sender, check::History& history, StopFlag& stop,
          Patience patience);

  /// Plans the repeats of a command that is about to be sent.
  void plan(const Wish& wish);
  /// Sends at once what is still planned, and returns when all of it is answered.
  void finish();
  std::uint64_t sent() const { return pool_.submitted(); }

private:
  void send(const Wish& wish, unsigned first_attempt);

  const RepeatOptions options_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::uint64_t open_ = 0;  ///< planned and not answered

  ClientPool pool_;
  std::unique_ptr<DelayQueue> delays_;  // last: what it runs uses the rest
};

}  // namespace troupe::tool
