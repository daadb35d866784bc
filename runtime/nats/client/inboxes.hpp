// Where answers may go: to inboxes, and nowhere else.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/seldom.hpp"
#include "runtime/nats/client/connection.hpp"

namespace troupe::nats {

/// Where somebody waits for an answer, or nowhere. Only Inboxes makes one that is somewhere.
class Inbox {
public:
  Inbox() = default;

  bool empty() const noexcept { return subject_.empty(); }
  const std::string& str() const noexcept { return subject_; }

private:
  friend class Inboxes;
  explicit Inbox(std::string subject) : subject_(std::move(subject)) {}
  std::string subject_;
};

/// A request names the subject of its answer, and who answers writes there with rights of its own:
/// whoever may only ask could have a node delete a stream or write into the log. So a request that
/// wants to be answered anywhere but at an inbox is not taken at all. Thread safety: any thread.
class Inboxes {
public:
  /// What clients and servers use: NATS's own inboxes, and the answers of services that are
  /// imported from another account or asked through a gateway.
  static constexpr std::string_view well_known[] = {"_INBOX", "_R_", "_GR_"};
  /// A longer reply subject is none of an honest client.
  static constexpr std::size_t length_max = 1'024;

  /// `further`: prefixes beside those, without the dot behind them.
  explicit Inboxes(const std::vector<std::string>& further = {});

  /// Where the request is to be answered; nothing when that is no inbox, which is counted.
  std::optional<Inbox> of(const Received& request);

  bool contains(std::string_view subject) const;

  /// Requests that were not taken.
  std::uint64_t refused() const noexcept { return refused_; }

private:
  void refuse(const Received& request);

  std::vector<std::string> prefixes_;  ///< each with its dot
  std::atomic<std::uint64_t> refused_{0};
  Seldom complaints_;
};

/// Whether it can be configured as one: legal tokens between dots, and none of the subjects that
/// the system itself uses.
bool is_inbox_prefix(std::string_view prefix);

}  // namespace troupe::nats
