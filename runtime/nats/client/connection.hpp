// One connection to NATS: publish, subscribe, and requests whose replies come to one wildcard
// inbox.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/in_flight.hpp"
#include "runtime/base/result.hpp"
#include "runtime/nats/client/handles.hpp"
#include "runtime/nats/client/intake.hpp"
#include "runtime/nats/client/security.hpp"

namespace troupe::nats {

/// Keys are literals or live as long.
using Headers = std::vector<std::pair<const char*, std::string>>;

/// A message that came in. Views are valid as long as it lives.
class Received {
public:
  Received() = default;
  explicit Received(natsMsg* message) : message_(message) {}

  explicit operator bool() const noexcept { return message_ != nullptr; }
  std::string_view subject() const;
  std::string_view reply() const;  ///< empty when nobody waits for an answer
  std::string_view body() const;
  std::optional<std::string_view> header(const char* key) const;
  /// Of several values the last one: what a server adds to a stored message stands behind whatever
  /// its writer has put there.
  std::optional<std::string_view> last_header(const char* key) const;
  std::vector<std::string> header_keys() const;
  /// The Status header's number, such as 503 no responders or 404; 0 when there is none.
  int status() const;

  /// When it came in, about; of a subscription that is bounded.
  std::chrono::steady_clock::time_point arrived() const { return arrived_; }
  void set_arrived(std::chrono::steady_clock::time_point when) { arrived_ = when; }

private:
  MessageHandle message_;
  std::chrono::steady_clock::time_point arrived_{};
};

/// How a request ended.
struct Reply {
  enum class Status {
    answered,
    no_responders,  ///< nobody is subscribed; nothing was received by anybody
    not_sent,       ///< there is no connection; nothing left this process
    too_large,      ///< more than the server takes (max_payload); nothing left this process
    timed_out,      ///< may or may not have been received
    disconnected,   ///< the connection was lost meanwhile; may or may not have been received
    illegal,        ///< subject or headers are none that can be sent; nothing left this process
  };
  Status status = Status::timed_out;
  Received message;  ///< when answered
};

const char* describe(Reply::Status status);

struct ConnectionOptions {
  std::string url;   ///< of one server, or of several of a cluster with commas between them
  std::string name;  ///< shown by the server's monitoring
  /// Handlers of all its subscriptions, and of other connections that say so, run on a few threads
  /// in turn instead of one each: for very many subscriptions.
  bool shared_threads = false;
  /// The servers of the URL are tried as they stand there, else in any order.
  bool in_order = false;
  /// Answers and deliveries come to subjects below this one, which nobody can guess.
  std::string inbox_prefix = "_INBOX";
  Security security{};
  /// Hears what the server forbids, in its words; on a thread of nats.c's, must not block.
  std::function<void(const std::string& what)> forbidden{};
  /// Its user can do without it: the process goes on when the server gives it up for good.
  bool may_be_lost = false;
};

/// Thread safety: any method from any thread. Callbacks run on threads of nats.c's or on the
/// connection's timeout thread and must not block. Reconnects for ever; never buffers while
/// disconnected, so that nothing is sent behind a caller's back. Publishing never blocks: above
/// 64 MiB that wait to be written it fails.
/// Ends the process, with a sentence and exit code `lost_exit_code`, when nats.c has given the
/// connection up for good, unless it may be lost: when the server has refused it twice in a row, or
/// allows it no more subscriptions. Also when nats.c hangs while it connects.
/// The destructor ends outstanding requests as `disconnected` and returns when no callback runs.
class Connection {
public:
  using Answered = std::function<void(Reply)>;
  using Next = std::function<bool(Reply)>;
  using Handler = std::function<void(Received)>;

  /// Of a process whose connection cannot be mended: it cannot say what became of what it asked.
  static constexpr int lost_exit_code = 3;

  /// Fails with a sentence that names the address, and holds no secret: permanently when `options`
  /// cannot be used; retryable when no server answers within 2 s, or when it refuses, or when it
  /// does not give what was asked for: TLS, or a login that it checks.
  static Result<std::unique_ptr<Connection>> open(ConnectionOptions options);

  virtual ~Connection() = default;

  /// Sends and calls `answered` exactly once, at the latest after `timeout`; never on this thread
  /// before it returns.
  /// A subject with a space or a control character, and a header's value of several lines, are
  /// `illegal`. A header with an empty value is left out. REQUIRES: header keys are clean.
  virtual void request(std::string_view subject, const Headers& headers, std::string_view body,
                       std::chrono::milliseconds timeout, Answered answered) = 0;

  /// For requests that several messages answer, such as a pull. Calls `next` for each, in order,
  /// until it returns false; `timeout` is the longest silence. A reply that is not `answered` is
  /// the last call, whatever `next` returns.
  virtual void request_many(std::string_view subject, const Headers& headers, std::string_view body,
                            std::chrono::milliseconds timeout, Next next) = 0;

  /// Calls `run` after `delay`, or earlier when the connection is lost, on the timeout thread.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> run) = 0;

  /// `request`, blocking.
  Reply request_and_wait(std::string_view subject, const Headers& headers, std::string_view body,
                         std::chrono::milliseconds timeout);

  /// Hands a message to the client library. Success does not mean that it arrived. Fails
  /// permanently when no connection would take it.
  virtual Result<void> publish(std::string_view subject, const Headers& headers,
                               std::string_view body, std::string_view reply = {}) = 0;

  /// Returns when the server has read all that was published before, which is true, or when
  /// `patience` is over.
  virtual bool flush(std::chrono::milliseconds patience) = 0;

  /// Unsubscribes when destroyed; afterwards the handler is not called any more.
  /// REQUIRES: is destroyed before its connection and not by its own handler.
  class Subscribed {
  public:
    virtual ~Subscribed() = default;
    /// Stops new messages but lets those already received be handled. Blocks at most `patience`.
    virtual void drain(std::chrono::milliseconds patience) = 0;
    /// The same without waiting, so that many can be drained at a time; drain() then waits.
    virtual void begin_drain(std::chrono::milliseconds patience) = 0;
  };

  /// What anybody may send to is bounded, and handlers get only what they can keep up with.
  struct Bounded {
    IntakeBounds bounds{};
    Handler refused{};  ///< gets what must not wait, to be answered cheaply; empty: it is dropped
    std::shared_ptr<Unhandled> unhandled = std::make_shared<Unhandled>();
    const InFlight* in_flight = nullptr;  ///< what was handled and is not answered; may be none
    std::function<void()> overloaded{};   ///< told now and then while not all is handled
  };
  struct Subscription {
    std::string subject;  ///< may have wildcards
    std::string queue{};  ///< empty: every subscriber gets every message
    Handler handler;
    /// None: whoever subscribes bounds what it asks for; above `waiting_bytes_max` all is dropped.
    std::optional<Bounded> bounded{};
  };
  static constexpr int waiting_bytes_max = 256 * 1'024 * 1'024;

  /// A status message (no responders) is delivered like any other.
  /// Blocks until the server knows of it, so that whoever asks afterwards, on any connection, is
  /// heard; without a connection it is made known when there is one again.
  virtual Result<std::unique_ptr<Subscribed>> subscribe(Subscription subscription) = 0;
  Result<std::unique_ptr<Subscribed>> subscribe(const std::string& subject,
                                                const std::string& queue, Handler handler) {
    return subscribe({.subject = subject, .queue = queue, .handler = std::move(handler)});
  }

  /// A subject under the inbox prefix that nobody else uses or can guess.
  virtual std::string new_inbox() = 0;

  /// Headers and body of a message together, as the server says (max_payload).
  virtual std::size_t message_bytes_max() const = 0;

  virtual bool connected() const = 0;

  /// Calls `changed(true)` after every reconnect and `changed(false)` after every loss, until the
  /// returned handle is destroyed.
  virtual std::shared_ptr<void> watch(std::function<void(bool connected)> changed) = 0;
};

}  // namespace troupe::nats
