// What can be chosen about the engine of a node, and the bounds it keeps.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/ports/subject.hpp"

namespace troupe::engine {

struct EngineOptions {
  std::string node = "node";  ///< its name, in every commit it decides
  /// Names the build: of contexts without a fingerprint, snapshots of another one are ignored.
  std::string program = "dev";
  std::size_t workers = 0;  ///< threads that run instances; 0: as many as there are cores

  /// Above this the least recently used idle instances leave memory.
  std::size_t instances_max = 100'000;
  /// The same above this many bytes of all instances together, about.
  std::size_t instance_bytes_max = std::size_t{1} << 30;
  /// An instance without commands for so long leaves memory.
  std::chrono::milliseconds idle_after{60'000};
  /// A snapshot is kept after so many commits ...
  std::uint64_t snapshot_every = 500;
  /// ... and when an instance leaves memory with at least so many since the last one.
  std::uint64_t snapshot_min = 16;

  /// Commands waiting for one instance; above it the answer is 429 at once.
  std::size_t in_flight_per_instance_max = 1'024;
  /// Commands waiting on the whole node; above it the answer is 429 at once.
  std::size_t in_flight_max = 65'536;

  /// Commands of one context that wait for the owner of another slot; above it the answer is 429 at
  /// once, so that an owner that does not answer keeps out none of what this node owns.
  std::size_t forwards_max = 4'096;

  /// A handler of the domain that runs longer is reported by name.
  std::chrono::milliseconds handler_patience{5'000};
  /// How long stop() lets commands finish.
  std::chrono::milliseconds stop_patience{5'000};

  /// Of each context; all nodes of a cluster must have the same.
  std::uint32_t slots = slots_default;
  /// A node says so often that it is alive ...
  std::chrono::milliseconds beat_interval{100};
  /// ... and after so long without a beat the others may take its slots.
  std::chrono::milliseconds suspect_after{1'500};
  /// One that has not been fit to own slots for so long leaves them to others that were.
  std::chrono::milliseconds unfit_patience{1'500};
  std::chrono::milliseconds lease_ttl{5'000};
  /// How long start() waits for the slots that nobody owns.
  std::chrono::milliseconds take_patience{2'000};
  /// How long start() waits until its views were compared with their streams.
  std::chrono::milliseconds compare_patience{1'000};
  /// How long a slot that is handed over waits for its instances to finish.
  std::chrono::milliseconds hand_over_patience{2'000};

  /// Deliveries of one reactor that are not dealt with yet.
  std::size_t deliveries_in_flight_max = 256;
  /// After so long the answer to an event's command counts as unknown, and it is sent again.
  std::chrono::milliseconds asked_deadline{10'000};

  /// So long after the time-out of an effect's attempt, without any news, its timer starts it
  /// again.
  std::chrono::milliseconds effect_patience{5'000};

  /// One node of each context looks so often at what waits in its streams.
  std::chrono::milliseconds backlog_look_every{5'000};

  std::size_t query_threads = 2;
  /// Questions to one context that are not answered; above it the answer is 429 at once.
  std::size_t queries_waiting_max = 1'024;
  /// Those of them that wait for what the views have not reached; above it whoever waits for most
  /// is answered 429.
  std::size_t queries_ahead_max = 256;
};

}  // namespace troupe::engine
