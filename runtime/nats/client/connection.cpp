// Implements the connection on nats.c 3.4.1 as a core NATS client: publish, subscribe, reconnect.
#include "runtime/nats/client/connection.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <random>

#include <spdlog/spdlog.h>

#include "runtime/base/assert.hpp"
#include "runtime/base/text.hpp"
#include "runtime/nats/client/admission.hpp"
#include "runtime/nats/client/cork.hpp"
#include "runtime/nats/client/event_loop.hpp"
#include "runtime/nats/client/feed.hpp"
#include "runtime/nats/client/feeds.hpp"
#include "runtime/nats/client/message.hpp"
#include "runtime/nats/client/outstanding.hpp"
#include "runtime/nats/client/unique_name.hpp"
#include "runtime/nats/client/watchers.hpp"

namespace troupe::nats {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds connect_timeout = 2s;
constexpr std::chrono::milliseconds subscribe_timeout = 2s;
constexpr std::chrono::milliseconds reconnect_wait = 100ms;
constexpr std::chrono::milliseconds reconnect_jitter = 50ms;
constexpr std::chrono::milliseconds ping_interval = 1s;
constexpr int pings_unanswered_max = 2;
/// A connection that is closed waits no longer for what it has been given to be received.
constexpr std::chrono::milliseconds flush_timeout = 2s;
/// Bytes that wait to be written. A server that does not read loses its connection by the pings,
/// after 3 s; above this much before that, publishing fails.
constexpr std::size_t buffered_max = 64 * 1'024 * 1'024;
/// What a server that does not read can hold up while nats.c connects to it.
constexpr std::chrono::milliseconds write_timeout = (pings_unanswered_max + 1) * ping_interval;
/// nats.c goes once through all servers. It takes much less, but for name servers that are away.
constexpr std::chrono::milliseconds attempt_max = 30s;
/// How much may be published between two looks at how much is buffered.
constexpr std::size_t buffered_look = 1'024 * 1'024;
/// Where nats.c keeps its parser over a reconnect in spite of Parser, a connection that was lost in
/// the middle of a message takes what comes over the next ones for the rest of it, and loses them
/// to unanswered pings or at the first byte that is no part of a message. One that brought nothing
/// and did not last so often in a row never works again in this process.
constexpr std::chrono::milliseconds futile_within = 5s;
constexpr int futile_max = 5;
/// A subscription that drops messages begins and ceases to do so very often.
constexpr std::chrono::milliseconds drop_report_every = 10s;

std::string text_of(natsStatus status) { return natsStatus_GetText(status); }

/// What cannot be mended here may be by a process that is started anew.
[[noreturn]] void end_process(const std::string& sentence) {
  spdlog::critical("{}", sentence);
  spdlog::shutdown();
  std::_Exit(Connection::lost_exit_code);
}

/// How a request ends that nats.c did not take. What it checks before it writes the first byte left
/// nothing; any other failure leaves doubt.
Reply::Status end_of(natsStatus sent) {
  if (sent == NATS_MAX_PAYLOAD) return Reply::Status::too_large;
  const bool nothing_left = sent == NATS_INSUFFICIENT_BUFFER || sent == NATS_CONNECTION_CLOSED
                            || sent == NATS_DRAINING || sent == NATS_NO_SERVER_SUPPORT;
  return nothing_left ? Reply::Status::not_sent : Reply::Status::disconnected;
}

class NatsConnection final : public Connection {
public:
  NatsConnection(ConnectionOptions options, Access access)
      : options_(std::move(options)),
        access_(std::move(access)),
        inbox_(new_inbox()),
        loop_(
            attempt_max,
            [sentence = options_.name + ": " + stuck(access_)] {
              end_process(sentence + " This process ends, to be started anew.");
            },
            [this] { feeds_.look(); }) {}
  ~NatsConnection() override;

  Result<void> connect();
  /// The server did not take the login.
  bool refused() const { return refused_; }

  void request(std::string_view subject, const Headers& headers, std::string_view body,
               std::chrono::milliseconds timeout, Answered answered) override;
  void request_many(std::string_view subject, const Headers& headers, std::string_view body,
                    std::chrono::milliseconds timeout, Next next) override;
  void after(std::chrono::milliseconds delay, std::function<void()> run) override;
  Result<void> publish(std::string_view subject, const Headers& headers, std::string_view body,
                       std::string_view reply) override;
  bool flush(std::chrono::milliseconds patience) override;
  using Connection::subscribe;
  Result<std::unique_ptr<Subscribed>> subscribe(Subscription subscription) override;
  std::string new_inbox() override { return options_.inbox_prefix + '.' + unique_name(); }
  std::size_t message_bytes_max() const override {
    return static_cast<std::size_t>(natsConnection_GetMaxPayload(handle_.get()));
  }
  bool connected() const override {
    return handle_ && natsConnection_Status(handle_.get()) == NATS_CONN_STATUS_CONNECTED;
  }
  std::shared_ptr<void> watch(std::function<void(bool)> changed) override {
    return watchers_.add(std::move(changed));
  }

private:
  Result<OptionsHandle> make_options();
  natsStatus send(natsMsg* message);
  std::uint64_t received() const;
  void end_if_futile();
  bool has_room(std::size_t bytes);
  void on_reply(Received message);
  static void on_disconnected(natsConnection* connection, void* closure);
  static void on_reconnected(natsConnection*, void* closure);
  static void on_closed(natsConnection*, void* closure);
  static void on_error(natsConnection*, natsSubscription*, natsStatus status, void* closure);
  static std::int64_t on_try(natsConnection*, int rounds, void* closure);

  const ConnectionOptions options_;
  const Access access_;
  const std::string inbox_;                    ///< replies come to <inbox>.<number>
  std::atomic<std::size_t> not_looked_at_{0};  ///< bytes published since the last look
  std::atomic<bool> closing_{false};
  bool refused_ = false;  ///< constant after connect()

  // Of nats.c's callback thread.
  std::chrono::steady_clock::time_point reconnected_at_{};
  std::uint64_t received_then_ = 0;
  int futile_ = 0;
  std::chrono::steady_clock::time_point dropped_reported_at_{};

  std::mutex mutex_;  // guards the two behind the condition variable
  std::condition_variable closed_changed_;
  bool serving_ = false;  ///< open() has succeeded
  bool closed_ = false;

  Watchers watchers_;
  Feeds feeds_;
  EventLoop loop_;  // goes after the connection that it serves
  ConnectionHandle handle_;
  std::unique_ptr<Feed> replies_;
  Outstanding outstanding_;  // last member: its destructor's callbacks may still try to send
};

// ---- life ---------------------------------------------------------------------------------------

Result<OptionsHandle> NatsConnection::make_options() {
  natsOptions* raw = nullptr;
  if (natsOptions_Create(&raw) != NATS_OK) return permanent("nats.c could not be started.");
  OptionsHandle options(raw);
  const natsStatus results[] = {
      natsOptions_SetNoRandomize(raw, options_.in_order),
      natsOptions_SetName(raw, options_.name.c_str()),
      natsOptions_SetTimeout(raw, connect_timeout.count()),
      natsOptions_SetSendAsap(raw, true),
      natsOptions_UseGlobalMessageDelivery(raw, options_.shared_threads),
      natsOptions_SetReconnectBufSize(raw, 0),
      natsOptions_SetMaxReconnect(raw, -1),
      natsOptions_SetCustomReconnectDelay(raw, on_try, this),
      natsOptions_SetWriteDeadline(raw, write_timeout.count()),
      natsOptions_SetPingInterval(raw, ping_interval.count()),
      natsOptions_SetMaxPingsOut(raw, pings_unanswered_max),
      natsOptions_SetDisconnectedCB(raw, on_disconnected, this),
      natsOptions_SetReconnectedCB(raw, on_reconnected, this),
      natsOptions_SetClosedCB(raw, on_closed, this),
      natsOptions_SetErrorHandler(raw, on_error, this),
  };
  for (const natsStatus result : results)
    if (result != NATS_OK) return permanent("nats.c could not be set up: " + text_of(result));
#if NATS_VERSION_NUMBER >= 0x030D00
  (void)natsOptions_SetIgnoreAuthErrorAbort(raw, true);
#endif
  if (auto applied = apply(access_, raw); !applied) return tl::make_unexpected(applied.error());
  return options;
}

Result<void> NatsConnection::connect() {
  auto options = make_options();
  if (!options) return tl::make_unexpected(options.error());
  if (auto fit = look_before(access_, connect_timeout); !fit) return fit;
  natsConnection* raw = nullptr;
  const natsStatus connected = loop_.connect(&raw, options->get(), access_.tls);
  refused_ = connected == NATS_CONNECTION_AUTH_FAILED;
  if (connected != NATS_OK) return tl::make_unexpected(refusal(access_, connected));
  handle_.reset(raw);

  auto replies = std::make_unique<Feed>(
      Subscription{.subject = inbox_ + ".*",
                   .handler = [this](Received message) { on_reply(std::move(message)); }});
  natsStatus opened = replies->open(raw);
  replies_ = std::move(replies);
  loop_.wake();
  if (opened == NATS_OK) opened = natsConnection_FlushTimeout(raw, connect_timeout.count());
  if (opened != NATS_OK)
    return retryable(
        fmt::format("NATS at {} went away at once: {}.", access_.address, text_of(opened)));
  if (auto fit = look_after(access_, raw, connect_timeout); !fit) return fit;
  const std::lock_guard lock(mutex_);
  if (closed_) return retryable(fmt::format("NATS at {} hung up at once.", access_.address));
  serving_ = true;
  return {};
}

NatsConnection::~NatsConnection() {
  TROUPE_ASSERT(feeds_.all_closed(), "a subscription outlives its connection");
  if (!handle_) return;
  closing_ = true;
  // Closing throws away what is not written yet, such as the last replies.
  if (connected()) (void)natsConnection_FlushTimeout(handle_.get(), flush_timeout.count());
  natsConnection_Close(handle_.get());
  {
    // The closed callback is the last one that nats.c makes for a connection.
    std::unique_lock lock(mutex_);
    closed_changed_.wait(lock, [this] { return closed_; });
  }
  loop_.wait_for_writers();
  replies_->close();
}

// ---- sending ------------------------------------------------------------------------------------

natsStatus NatsConnection::send(natsMsg* message) {
  if (!has_room(static_cast<std::size_t>(natsMsg_GetDataLength(message))))
    return NATS_INSUFFICIENT_BUFFER;
  const natsStatus sent = natsConnection_PublishMsg(handle_.get(), message);
  // Either way this message does not wait for the end of another thread's burst.
  if (Cork::held())
    loop_.hold_back();
  else
    loop_.wake();
  return sent;
}

/// Over the bound every publish looks, until there is room again.
bool NatsConnection::has_room(std::size_t bytes) {
  if (not_looked_at_.fetch_add(bytes, std::memory_order_relaxed) + bytes < buffered_look)
    return true;
  const auto buffered = static_cast<std::size_t>(
      std::max(natsConnection_Buffered(handle_.get()), 0));  // below zero: it is closed
  if (buffered + loop_.unsent() > buffered_max) return false;
  not_looked_at_ = 0;
  return true;
}

void NatsConnection::request(std::string_view subject, const Headers& headers,
                             std::string_view body, std::chrono::milliseconds timeout,
                             Answered answered) {
  request_many(subject, headers, body, timeout, [answered = std::move(answered)](Reply reply) {
    answered(std::move(reply));
    return false;
  });
}

void NatsConnection::request_many(std::string_view subject, const Headers& headers,
                                  std::string_view body, std::chrono::milliseconds timeout,
                                  Next next) {
  const std::uint64_t number = outstanding_.add(timeout, std::move(next));
  const auto message = make_message(subject, headers, body, fmt::format("{}.{}", inbox_, number));
  if (!message) return outstanding_.end(number, Reply::Status::illegal);
  const natsStatus sent = send(message.get());
  if (sent != NATS_OK) outstanding_.end(number, end_of(sent));
}

/// Like a request that nobody answers.
void NatsConnection::after(std::chrono::milliseconds delay, std::function<void()> run) {
  outstanding_.add(delay, [run = std::move(run)](const Reply&) {
    run();
    return false;
  });
}

Result<void> NatsConnection::publish(std::string_view subject, const Headers& headers,
                                     std::string_view body, std::string_view reply) {
  const auto message = make_message(subject, headers, body, reply);
  if (!message)
    return permanent("A message was not sent: its subject or a header is not legal in NATS.");
  const natsStatus sent = send(message.get());
  if (sent == NATS_OK) return {};
  if (sent == NATS_MAX_PAYLOAD)
    return permanent(
        fmt::format("with its headers and {} bytes it is larger than the {} bytes that "
                    "the NATS server takes (max_payload)",
                    body.size(), natsConnection_GetMaxPayload(handle_.get())));
  return retryable(fmt::format("A message to {} was not sent: {}.", subject, text_of(sent)));
}

bool NatsConnection::flush(std::chrono::milliseconds patience) {
  Cork::let_go();  // what this thread holds back would not be read
  loop_.wake();
  return natsConnection_FlushTimeout(handle_.get(), patience.count()) == NATS_OK;
}

// ---- receiving ----------------------------------------------------------------------------------

void NatsConnection::on_reply(Received message) {
  const std::string_view number_text = message.subject().substr(inbox_.size() + 1);
  const auto number = parse_number(number_text).value_or(0);
  // A stored message may have such a header; it comes with its sequence.
  const bool nobody =
      message.status() == 503 && message.body().empty() && !message.last_header("Nats-Sequence");
  if (nobody)
    outstanding_.answer(number, {Reply::Status::no_responders, {}});
  else
    outstanding_.answer(number, {Reply::Status::answered, std::move(message)});
}

Result<std::unique_ptr<Connection::Subscribed>> NatsConnection::subscribe(
    Subscription subscription) {
  const std::string subject = subscription.subject;
  const std::string& queue = subscription.queue;
  TROUPE_ASSERT(is_clean(subject), "a subject holds no space and no control character");
  TROUPE_ASSERT(queue.empty() || is_clean(queue), "a queue group holds no space");
  Cork::let_go();  // as this waits for the server
  auto feed = std::make_unique<Feed>(std::move(subscription));
  const natsStatus opened = feed->open(handle_.get());
  if (opened != NATS_OK) {
    feed->close();
    feeds_.retire(std::move(feed));
    return retryable(fmt::format("{} could not be subscribed: {}.", subject, text_of(opened)));
  }
  auto subscribed = feeds_.add(std::move(feed));
  loop_.wake();
  // A failure here is a lost connection, and every subscription is made anew with the next one.
  (void)natsConnection_FlushTimeout(handle_.get(), subscribe_timeout.count());
  return subscribed;
}

// ---- the state of the connection ----------------------------------------------------------------

/// Messages, since the connection was made first.
std::uint64_t NatsConnection::received() const {
  natsStatistics* raw = nullptr;
  std::uint64_t messages = 0;
  if (natsStatistics_Create(&raw) != NATS_OK) return messages;
  if (natsConnection_GetStats(handle_.get(), raw) == NATS_OK)
    (void)natsStatistics_GetCounts(raw, &messages, nullptr, nullptr, nullptr, nullptr);
  natsStatistics_Destroy(raw);
  return messages;
}

void NatsConnection::end_if_futile() {
  const auto lasted = std::chrono::steady_clock::now() - reconnected_at_;
  const bool futile = lasted < futile_within && received() == received_then_;
  futile_ = futile ? futile_ + 1 : 0;
  if (futile_ < futile_max) return;
  end_process(fmt::format(
      "{}: NATS at {} was reached {} times in a row, and each time nothing came and it was lost "
      "again; this process ends, so that it is started anew with a connection that works.",
      options_.name, access_.address, futile_));
}

void NatsConnection::on_disconnected(natsConnection* connection, void* closure) {
  auto& self = *static_cast<NatsConnection*>(closure);
  self.outstanding_.end_all();
  if (self.closing_) return;
  self.end_if_futile();
  if (!natsConnection_IsClosed(connection))
    spdlog::warn("{}: the connection to NATS at {} is lost; trying again every {} ms.",
                 self.options_.name, self.access_.address, reconnect_wait.count());
  self.watchers_.tell(false);
}

void NatsConnection::on_reconnected(natsConnection*, void* closure) {
  auto& self = *static_cast<NatsConnection*>(closure);
  spdlog::info("{}: connected to NATS again.", self.options_.name);
  self.reconnected_at_ = std::chrono::steady_clock::now();
  self.received_then_ = self.received();
  self.watchers_.tell(true);
}

std::int64_t NatsConnection::on_try(natsConnection*, int, void* closure) {
  static_cast<NatsConnection*>(closure)->loop_.tries_again();
  static thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> jitter(0, reconnect_jitter.count());
  return reconnect_wait.count() + jitter(random);
}

void NatsConnection::on_closed(natsConnection* connection, void* closure) {
  auto& self = *static_cast<NatsConnection*>(closure);
  const std::lock_guard lock(self.mutex_);
  self.closed_ = true;
  if (self.serving_ && !self.closing_ && !self.options_.may_be_lost) {
    const char* reason = nullptr;
    natsConnection_GetLastError(connection, &reason);
    end_process(fmt::format("{}: {} This process ends, to be started anew.", self.options_.name,
                            closed_for_good(self.access_, reason != nullptr ? reason : "")));
  }
  self.closed_changed_.notify_all();
}

void NatsConnection::on_error(natsConnection* connection, natsSubscription*, natsStatus status,
                              void* closure) {
  auto& self = *static_cast<NatsConnection*>(closure);
  if (status == NATS_SLOW_CONSUMER) {
    const auto now = std::chrono::steady_clock::now();
    if (now - self.dropped_reported_at_ < drop_report_every) return;
    self.dropped_reported_at_ = now;
  }
  const char* detail = nullptr;
  natsConnection_GetLastError(connection, &detail);
  if (status == NATS_NOT_PERMITTED && self.options_.forbidden && detail != nullptr)
    return self.options_.forbidden(detail);
  spdlog::error("{}: NATS reports {} ({}).", self.options_.name, text_of(status),
                detail != nullptr ? detail : "no detail");
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(ConnectionOptions options) {
  auto access = access_to(options.url, options.security);
  if (!access) return tl::make_unexpected(access.error());
  // One signature in 256 begins with a zero, which nats.c before 3.8 takes for none.
  int tries = access->signs ? 2 : 1;
  for (;;) {
    auto connection = std::make_unique<NatsConnection>(options, *access);
    auto connected = connection->connect();
    if (connected) return connection;
    if (--tries == 0 || !connection->refused()) return tl::make_unexpected(connected.error());
  }
}

Reply Connection::request_and_wait(std::string_view subject, const Headers& headers,
                                   std::string_view body, std::chrono::milliseconds timeout) {
  struct Wait {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Reply> reply;
  };
  Cork::let_go();  // the request itself would wait in it
  const auto wait = std::make_shared<Wait>();
  request(subject, headers, body, timeout, [wait](Reply reply) {
    const std::lock_guard lock(wait->mutex);
    wait->reply = std::move(reply);
    wait->changed.notify_all();
  });
  std::unique_lock lock(wait->mutex);
  wait->changed.wait(lock, [&] { return wait->reply.has_value(); });
  return std::move(*wait->reply);
}

}  // namespace troupe::nats
