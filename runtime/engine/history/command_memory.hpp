// The commands an instance remembers, so that a repeat gets the first answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/aggregate.hpp>
#include "runtime/engine/history/forgotten_ids.hpp"
#include "runtime/ports/snapshots.hpp"
#include "troupe/v1/records.pb.h"

namespace troupe::engine {

/// What a command is remembered by. Those that events ask for are remembered apart: nobody but the
/// runtime can take their ids, which anybody could compute.
std::string memory_key(std::string_view command_id, bool internal);

/// A command whose events are in the log, or on their way to it.
struct RememberedCommand {
  std::string id;  ///< its memory_key
  std::string hash;
  std::uint64_t first_version = 0;
  std::uint64_t last_version = 0;
  std::uint64_t sequence = 0;  ///< of its commit; 0 while that is on its way
  Time committed_at;
};

/// Holds the last `kept_max` commands, and the ids of those before them: all of the last `span` of
/// event time, `ids_max` at most.
///
/// Most instances remember a few commands and there are very many instances: a command takes 64
/// bytes and one allocation, and is found by a walk over 4-byte hashes that lie side by side.
///
/// What the ids do not reach back to is read back from the log when a command comes that may be
/// from then, such as one that an event of long ago asks for. Those ids are kept while such
/// commands come.
class CommandMemory {
public:
  static constexpr std::size_t kept_max = 1'024;
  /// A repeat within it is recognised whatever its issue time says ...
  static constexpr std::chrono::minutes span{15};
  /// ... on an instance with up to 1,000 commands a second: 12 MB.
  static constexpr std::size_t ids_max = 1'000'000;
  /// With those that are read back, so many: 48 MB. What lies before them is read each time.
  static constexpr std::size_t read_back_max = 4'000'000;
  /// They go when so many commands came since they were needed last.
  static constexpr std::size_t read_back_kept = 65'536;
  /// The clock of who issues a command may be ahead of who judges it by so much; a command from
  /// later is refused.
  static constexpr std::chrono::minutes issued_ahead_max{5};
  /// The clocks of two nodes differ by less, see StreamWatch.
  static constexpr std::chrono::minutes nodes_differ_max{1};
  /// A command may be recorded by so much before it says that it was issued.
  static constexpr std::chrono::minutes skew_max = issued_ahead_max + nodes_differ_max;

  void remember(const RememberedCommand& command);

  /// The newest with this id, among those it holds.
  std::optional<RememberedCommand> find(std::string_view id) const;

  /// Where the log may have a command with this id that it does not hold; nearly always nowhere.
  std::vector<std::uint64_t> places(std::string_view id) const;

  /// Whether it knows the ids of all commands that were recorded at `time` or later.
  bool reaches(Time time) const;

  /// Somebody asks for what is as old as this: what is read back for it stays for a while.
  void want(Time time);

  /// From where on it knows the log; 0 when it knows nothing.
  std::uint64_t first_sequence() const;

  /// Takes the ids of commands that lie right before first_sequence(), oldest first, while there is
  /// room. `from`: the sequence of the first message that was read, which need not be a command's;
  /// 0: there is none.
  void read_back(const std::vector<RememberedCommand>& older, std::uint64_t from);

  /// Gives the `count` newest commands their places in the log: the last one stands at `last`.
  void place_newest(std::size_t count, std::uint64_t last);

  /// When the newest was committed; the epoch when there is none.
  Time newest_time() const;
  std::size_t size() const noexcept { return kept_.size() - begin_; }  ///< of those it holds
  std::size_t bytes() const noexcept;                                  ///< of memory, about

  void save(v1::Snapshot& to, std::vector<SnapshotPart>& parts) const;
  /// Nothing when a part is missing or is not what it was.
  static std::optional<CommandMemory> restore(const v1::Snapshot& from,
                                              const std::vector<SnapshotPart>& parts);

private:
  struct Kept {
    std::string text;  // id, then hash
    std::uint32_t id_size = 0;
    std::uint32_t events = 0;
    std::uint64_t first_version = 0;
    std::uint64_t sequence = 0;
    Time committed_at;

    std::string_view id() const { return std::string_view(text).substr(0, id_size); }
    RememberedCommand unpacked() const;
  };

  void forget_oldest();
  void let_ids_go();

  // Oldest first. What lies before begin_ is forgotten, and removed when it is the larger part.
  std::vector<Kept> kept_;
  std::vector<std::uint32_t> hashes_;  // of their ids
  std::size_t begin_ = 0;
  std::unique_ptr<ForgottenIds> ids_;  // of those right before; none: there are none, or too old
  bool complete_ = true;               // nothing was recorded before those
  std::uint64_t read_from_ = 0;        // before the oldest id, only what is no command; or 0
  std::size_t unwanted_ = read_back_kept;  // commands since older ones were needed
};

}  // namespace troupe::engine
