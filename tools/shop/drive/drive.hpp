// Drives orders, repeats, probes and reads against servers that run already, while something may
// happen to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/program/server_options.hpp"
#include "tools/shop/demo/script.hpp"

namespace troupe::tool {

struct DriveOptions {
  program::NatsOptions nats;
  std::string folder;  ///< gets history.jsonl and probe.jsonl
  ScriptOptions script;
  double seconds = 0;            ///< no order is begun afterwards; 0: all of them are begun
  bool until_eof = false;        ///< nor after the standard input has ended
  double orders_per_second = 0;  ///< at most; 0: as fast as it goes
  std::size_t open_orders_max = 64;
  std::size_t clients = 8;
  double repeat_share = 0.1;
  double probes_per_second = 0;  ///< of each of `slots` slots of the inventory; 0: no probes
  std::uint32_t slots = 0;
  double reads_per_second = 5;  ///< of views, one after the other; 0: none
  double settle_seconds = 120;  ///< for what is unknown, after the load
  bool json = false;
};

/// Blocks until every order has ended and every command has a definite answer, or cannot. Returns
/// the exit code: 0 when all of that came to be, 1 when not, 2 when it could not run.
int run_drive(const DriveOptions& options);

}  // namespace troupe::tool
