// The answer of a command that has recorded nothing, and will not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

/// What kind of no it is, as in the wire contract. Another node's may be one that is not known
/// here.
enum class RejectionCode : std::uint16_t {
  malformed = 400,    ///< it can never succeed as it is
  forbidden = 403,    ///< it is not for clients
  not_found = 404,    ///< nothing of that name takes it
  conflict = 409,     ///< another version, or an id that was used for another command
  too_large = 413,    ///< it, or its events
  refused = 422,      ///< by the domain, for the reason given
  overloaded = 429,   ///< repeat it later
  crashed = 500,      ///< a handler of the domain threw, twice
  unavailable = 503,  ///< repeat it, unless the reason is unreadable_log
};

/// Nothing was or will be appended for this attempt.
///
///     answered(Rejected{RejectionCode::overloaded, "too many commands wait for this instance"});
struct Rejected {
  RejectionCode code = RejectionCode::unavailable;
  std::string text;      ///< one sentence for people
  std::string reason{};  ///< for programs: the domain's, such as "stock.out_of_stock", or ours
  std::optional<std::uint64_t> decided_at{};  ///< version of the state it was decided on
};

/// Reason of the 503 of an instance whose log cannot be read: no repetition helps until somebody
/// has mended that.
inline constexpr std::string_view unreadable_log = "log.unreadable";

/// The answer to what a program does not know, for the cause given. No repetition helps, unless
/// another program that may know it runs the context, too.
inline Rejected not_known(std::string what, bool may_be_known_elsewhere) {
  if (!may_be_known_elsewhere) return {RejectionCode::not_found, std::move(what)};
  return {RejectionCode::unavailable,
          std::move(what) + "; another program on other nodes may know it: repeat it"};
}

/// The code as a number, as clients get it.
constexpr int number_of(RejectionCode code) { return static_cast<int>(code); }

/// The text, behind the reason if there is one.
inline std::string text_of(const Rejected& rejected) {
  return rejected.reason.empty() ? rejected.text : rejected.reason + ": " + rejected.text;
}

}  // namespace troupe
