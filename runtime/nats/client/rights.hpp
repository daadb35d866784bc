// Whether the server lets a node do what it will have to do some day.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/conditions.hpp"

namespace troupe::nats {

/// What the server forbade. It tells that to the whole connection, not to whoever asked.
/// Thread safety: any method from any thread.
class Forbidden {
public:
  /// Different ones; further ones are forgotten.
  static constexpr std::size_t kept_max = 16;

  /// In the server's words: Permissions Violation for Publish to "evt.billing.account.a-1".
  void heard(std::string what);
  /// From now on each is a condition: of a subscription until somebody restarts the node, of a
  /// message, whose subject a client may have chosen, a remark for a while.
  /// REQUIRES: nothing is heard after the end of `conditions`.
  void tell(Conditions& conditions);
  /// All that was heard before, as one text, or empty; forgets it.
  std::string take();

private:
  std::mutex mutex_;
  std::vector<std::string> heard_;    // under mutex_
  Conditions* conditions_ = nullptr;  // under mutex_
};

/// Publishes and asks for something harmless wherever a node of these contexts will publish or ask:
/// nothing is stored or changed, as it names a stream that is none, or is no JSON. Fails, worth
/// trying again, with a sentence that names what is forbidden. Blocks; about as long as one request
/// when nothing is. What was heard is forgotten. REQUIRES: the connection tells `forbidden` what it
/// hears.
Result<void> exercise_rights(Connection& connection, const std::vector<ContextModel>& contexts,
                             Forbidden& forbidden);

}  // namespace troupe::nats
