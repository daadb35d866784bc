// What clients did and were told: history.jsonl, the checker's view from outside.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/check/history/json_lines.hpp"
#include "runtime/ports/command_bus.hpp"

namespace troupe::check {

inline constexpr std::string_view history_file = "history.jsonl";
/// Faults may stand in the history, or in a file of their own beside it.
inline constexpr std::string_view nemesis_file = "nemesis.jsonl";

/// Which try of which command a line is about. A repeat has the same command id and the next
/// number.
struct CommandTry {
  std::string process;  ///< who sends, such as demo-1
  std::string command_id;
  std::string subject;  ///< cmd.<context>.<aggregate>.<id>.<Command>
  unsigned attempt = 1;
  /// The command's body as JSON and its issue time, once per command id; without them a refusal is
  /// not decided again by the checker.
  std::string args{};
  std::optional<Time> issued_at{};
};

/// How far a view was when somebody read it: {"t":…,"p":"c7","type":"read",
/// "view":"billing/accounts","position":14}.
struct ViewRead {
  std::string view;  ///< <context>/<view>
  std::uint64_t position = 0;
};

/// What whoever makes faults did: {"t":…,"type":"nemesis","fault":7,"kind":"node-kill",
/// "phase":"start","target":"n2"}. A fault lasts from its first line to the one with the phase
/// "stop"; with "healing" begins its undoing. The phase "poison" says that its target, an evt.
/// subject, begins with an event that cannot be handled.
struct FaultMark {
  std::string fault;  ///< its number or name, the same in all its lines
  std::string kind;   ///< the same as `fault` when not given
  std::string phase;
  std::string target;
};

/// One line of a history.
struct ClientEvent {
  enum class Type { invoke, ok, rejected, unknown, read, nemesis };
  Type type = Type::invoke;
  std::int64_t at_ns = 0;  ///< monotonic clock of the machine
  CommandTry what;         ///< when about a command; of a read only the process
  Accepted accepted;       ///< when ok
  Rejected rejection;      ///< when rejected
  std::string why;         ///< when unknown
  ViewRead read;           ///< when read
  FaultMark fault;         ///< when nemesis

  bool about_command() const { return type != Type::read && type != Type::nemesis; }
};

/// Records. Thread safe. `invoke` is to be called before the command leaves, so that whatever the
/// log holds was announced; every try ends with at most one of the other three.
class History {
public:
  /// Opens or creates history.jsonl in an existing folder.
  static Result<History> open(const std::filesystem::path& folder);

  void invoke(const CommandTry& what);
  void ok(const CommandTry& what, const Accepted& accepted);
  void rejected(const CommandTry& what, const Rejected& rejection);
  void unknown(const CommandTry& what, std::string_view why);
  /// A view as it was just read.
  void read(std::string_view process, const ViewRead& read);
  /// Whichever of the three the outcome is.
  void answered(const CommandTry& what, const Outcome& outcome);

private:
  explicit History(JsonLinesWriter lines) : lines_(std::move(lines)) {}

  JsonLinesWriter lines_;
};

/// Fails with a sentence when the file is missing or a line makes no sense.
Result<std::vector<ClientEvent>> read_history(const std::filesystem::path& folder);
/// The same of nemesis.jsonl.
Result<std::vector<ClientEvent>> read_faults(const std::filesystem::path& folder);

}  // namespace troupe::check
