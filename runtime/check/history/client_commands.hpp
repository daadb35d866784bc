// A history, read by command: what clients sent, and what they were told about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/check/history/history.hpp"

namespace troupe::check {

/// All that a history says about one command id. Points into the history.
struct Told {
  std::string subject;                ///< cmd.…, as first invoked
  const ClientEvent* body = nullptr;  ///< the invoke that holds the command's body, if one does
  std::vector<const ClientEvent*> invokes;
  std::vector<const ClientEvent*> accepted;
  std::vector<const ClientEvent*> rejected;

  /// Some try may have been accepted without the client's knowing.
  bool unknown() const { return invokes.size() > accepted.size() + rejected.size(); }
  bool only_rejected() const { return !rejected.empty() && accepted.empty() && !unknown(); }
  /// Every try was answered, and no answer speaks of an event.
  bool only_without_effect() const;
  /// The client knows in the end: an answer to any try, but a "not now" only if all tries got one.
  bool settled() const;

  /// When its first try left. REQUIRES: there is one.
  std::int64_t first_sent_ns() const;
  /// When it was first known to be in the log; never: INT64_MAX.
  std::int64_t first_recorded_ns() const;
  /// When the try left that this is the answer to.
  std::int64_t sent_ns(const ClientEvent& answer) const;
};

using ToldByCommand = std::unordered_map<std::string, Told>;

ToldByCommand told_by_command(const std::vector<ClientEvent>& history);

/// evt.billing.account.a-1 and OpenAccount, of cmd.billing.account.a-1.OpenAccount.
struct CommandTarget {
  std::string events_subject;
  std::string command_type;
};
std::optional<CommandTarget> target_of(std::string_view command_subject);

/// How a witness names a line of the history.
std::string witness(const ClientEvent& event);

}  // namespace troupe::check
