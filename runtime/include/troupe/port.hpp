// What performs an effect: somebody on NATS, a mail server, a webhook, or a function of your own.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <google/protobuf/message.h>

#include <troupe/effect.hpp>
#include <troupe/settings.hpp>

namespace troupe {

/// One attempt of an effect's call, valid until the port returns.
template <class Request>
struct PortCall {
  const Request& request;
  std::string_view key;  ///< idempotency key: the same on every attempt, whichever node makes it
  std::chrono::milliseconds timeout{};  ///< that the attempt may take
  std::string_view traceparent{};       ///< trace of the command that began it all (W3C), or empty
};

/// The attempt failed and another one may succeed: not reached, too busy, no answer in time.
struct TryAgain {
  std::string cause;  ///< one sentence
};

/// No attempt can succeed: the request itself is wrong.
struct Hopeless {
  std::string cause;  ///< one sentence
};

/// How an attempt ended: answered, to be tried again, or hopeless. An answer may well be a no, such
/// as a card that is refused.
template <class Answer>
using PortResult = std::variant<Answer, TryAgain, Hopeless>;

/// A function of a program's own is called on so many threads at a time, for each effect; ...
inline constexpr std::size_t port_threads_max = 16;
/// ... so many further calls wait for one of them; those beyond are tried again later.
inline constexpr std::size_t port_waiting_max = 256;
/// Requests over NATS that are not answered, of all effects of a node; those beyond are tried again
/// later.
inline constexpr std::size_t nats_requests_max = 1'024;

/// A mail server, and who its mails are from.
struct SmtpServer {
  std::string url;   ///< such as smtp://127.0.0.1:25 or smtps://user:password@mail.example:465
  std::string from;  ///< the sender's address
};

/// Performs the calls of one effect. What it does is said by the functions below that make one; the
/// node does it.
class Port {
public:
  struct NatsRequest {
    std::string subject;
  };
  struct Webhook {
    std::string url;
  };
  /// Types are told by their default instances.
  struct Function {
    const google::protobuf::Message* request = nullptr;
    const google::protobuf::Message* answer = nullptr;
    std::function<PortResult<std::unique_ptr<google::protobuf::Message>>(
        const PortCall<google::protobuf::Message>&)>
        perform;
  };
  struct Both {
    std::vector<Port> ports;  ///< in their order
  };
  using Means = std::variant<NatsRequest, SmtpServer, Webhook, Function, Both>;

  explicit Port(Means means) : means_(std::move(means)) {}
  Port(Port&&) noexcept = default;
  Port& operator=(Port&&) noexcept = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  /// For the runtime.
  const Means& means() const noexcept { return means_; }

private:
  Means means_;
};

/// Makes an effect's port from the program's settings, once for each node that starts.
using MakePort = std::function<Port(const Settings&)>;

/// Asks whoever listens on the subject: the body is the request as protobuf, the header
/// Idempotency-Key the key, and traceparent the trace. The answer is the reply's body: protobuf, or
/// JSON when its Content-Type says so. A reply with a Nats-Service-Error-Code below 500 other than
/// 429 is hopeless, any other one, silence and an answer that cannot be read are tried again.
inline Port nats_request(std::string subject) {
  return Port(Port::NatsRequest{std::move(subject)});
}

/// Sends a mail. For an effect whose Request is `troupe.v1.Mail` and whose Answer is
/// `troupe.v1.MailDelivered`, or a message without fields such as `google.protobuf.Empty`. A repeat
/// has the same Message-ID. A mail that the server refuses for good (5xx) is hopeless.
inline Port smtp(SmtpServer server) { return Port(std::move(server)); }

/// Posts the request as JSON to the address (http or https), with the headers Idempotency-Key and
/// traceparent. 2xx is an answer: when the effect's Answer has fields it is read from the body,
/// which must be JSON, and fields that are not known are left out; else the body does not matter.
/// 4xx other than 408 and 429 is hopeless; all else is tried again.
inline Port webhook(std::string url) { return Port(Port::Webhook{std::move(url)}); }

/// Both have to answer: the second is called when the first has answered, and its answer is the
/// one. When that fails, the next attempt calls both again, with the same key: so the first is who
/// recognises a repeat by its key, as a mail server does not.
inline Port both(Port first, Port second) {
  Port::Both both;
  both.ports.push_back(std::move(first));
  both.ports.push_back(std::move(second));
  return Port(std::move(both));
}

/// Calls a function of your own, which may block:
///
///     port_for<ChargeCard>([bank](const PortCall<v1::Charge>& call) -> PortResult<v1::Charged> {
///       if (!bank->open()) return TryAgain{"the bank is closed"};
///       return bank->charge(call.request.card(), call.key);
///     })
///
/// It is called on threads of the runtime's, up to `port_threads_max` of them at the same time, and
/// should return within the call's time-out: later its result is of no use, the call counts as
/// failed and is tried again, and its thread is missing for other calls until it returns. A node
/// waits for it when it stops. What it throws is tried again.
template <class E, class Perform>
Port port_for(Perform perform) {
  static_assert(IsEffect<E>);
  using Request = typename E::Request;
  using Answer = typename E::Answer;
  static_assert(std::is_invocable_r_v<PortResult<Answer>, Perform&, const PortCall<Request>&>,
                "the effect's port is called with `const troupe::PortCall<Request>&` and returns "
                "`troupe::PortResult<Answer>`, of the effect's own Request and Answer");
  using Message = google::protobuf::Message;
  using Result = PortResult<std::unique_ptr<Message>>;
  const auto shared = std::make_shared<Perform>(std::move(perform));
  return Port(Port::Function{
      .request = &Request::default_instance(),
      .answer = &Answer::default_instance(),
      .perform = [shared](const PortCall<Message>& call) {
        PortResult<Answer> result =
            (*shared)(PortCall<Request>{.request = static_cast<const Request&>(call.request),
                                        .key = call.key,
                                        .timeout = call.timeout,
                                        .traceparent = call.traceparent});
        if (auto* later = std::get_if<TryAgain>(&result)) return Result(std::move(*later));
        if (auto* never = std::get_if<Hopeless>(&result)) return Result(std::move(*never));
        return Result(std::make_unique<Answer>(std::get<Answer>(std::move(result))));
      }});
}

}  // namespace troupe
