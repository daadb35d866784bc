// The client's side of the wire contract: for the command line, the demo and tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/wire/body.hpp"
#include "runtime/ports/query_bus.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::nats {

/// What a client may say beside the body. Empty and absent: not said.
struct ClientHeaders {
  std::string command_id{};
  std::optional<std::uint64_t> expected_version{};
  std::optional<Time> issued_at{};  ///< the same on every repeat
  std::string correlation_id{};
  std::string causation_id{};
  std::string traceparent{};
  std::optional<Position> at_least{};  ///< of a query
};

struct ClientReply {
  enum class Kind {
    accepted,  ///< a command's events are in the log; a query is answered
    rejected,  ///< nothing was or will be appended
    unknown,   ///< repeat with the same command id
  };
  Kind kind = Kind::unknown;
  int code = 0;        ///< 200, or as in the wire contract
  std::string text;    ///< one sentence, unless accepted
  std::string reason;  ///< for programs, such as the domain's code; without one empty

  std::string command_id;  ///< also the one that the node made up
  std::uint64_t first_version = 0;
  std::uint64_t last_version = 0;
  Position position;  ///< of the accepted command, or what the query's answer reflects
  bool duplicate = false;
  std::optional<std::uint64_t> decided_at;
  std::string node;
  std::string durability;
  BodyForm form = BodyForm::protobuf;
  std::string body;
};

/// The text of a rejection, behind the reason if there is one.
inline std::string text_of(const ClientReply& reply) {
  return reply.reason.empty() ? reply.text : reply.reason + ": " + reply.text;
}

/// No responders and no connection are rejected with 503, "nothing was sent"; a timeout and a lost
/// connection are unknown with 504.
ClientReply read_client_reply(const Reply& reply);

/// Thread safety: any thread. Bounds nothing: whoever sends bounds what it has in flight.
/// REQUIRES: `connection` outlives every answer.
class CommandClient {
public:
  using Answered = std::function<void(ClientReply)>;

  explicit CommandClient(Connection& connection) : connection_(connection) {}

  /// Sends a command or a query to its subject. The node is told `timeout` as its deadline.
  /// `answered` runs once, on a thread of the connection's, and must not block.
  void send(const Subject& subject, std::string_view body, BodyForm form,
            const ClientHeaders& headers, std::chrono::milliseconds timeout, Answered answered);
  void send(const Subject& subject, const Message& message, const ClientHeaders& headers,
            std::chrono::milliseconds timeout, Answered answered);

  /// The same, blocking.
  ClientReply send_and_wait(const Subject& subject, std::string_view body, BodyForm form,
                            const ClientHeaders& headers, std::chrono::milliseconds timeout);

private:
  Connection& connection_;
};

}  // namespace troupe::nats
