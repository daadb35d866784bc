// Implements the state machine of a durable consumer.
#include "runtime/nats/deliveries/durable_consumer.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "runtime/base/assert.hpp"

namespace troupe::nats {

namespace {

using namespace std::chrono_literals;

/// The active one keeps its pin by pulling; nothing else does. Well below the pin's timeout.
constexpr auto pull_interval = 300ms;
/// An expired pull is answered, so something comes at least every pull_interval.
constexpr auto pull_expires = 1s;
/// A pull asks for more than can come within pull_interval; in_flight_max bounds what is unhandled.
constexpr std::size_t pull_batch = 10'000;
constexpr auto check_interval = 1s;
constexpr auto silence_max = 4s;
constexpr auto retry_delay = 1s;
/// So long a consumer that the server does not answer for is nothing to be told of.
constexpr auto start_patience = 20s;

/// Of the pull answers' Status header.
constexpr int no_responders = 503;
constexpr int wrong_pin = 423;
constexpr int conflict = 409;
constexpr int malformed = 400;
constexpr int api_level_too_high = 412;

}  // namespace

DurableConsumer::DurableConsumer(Connection& connection, ConsumerSettings settings,
                                 DeliveryHandler& handler)
    : connection_(connection),
      settings_(std::move(settings)),
      handler_(handler),
      ack_pending_(std::make_shared<AckPending>(connection)) {
  TROUPE_ASSERT(settings_.in_flight_max > 0, "a subscription must allow one delivery in flight");
  watch_ = connection_.watch(
      [mailbox = mailbox_](bool connected) { mailbox->post(ConnectionChanged{connected}); });
  // Whatever the connection is now: attaching fails and is tried again while there is none.
  mailbox_->post(ConnectionChanged{true});
  thread_ = std::thread([this] { run(); });
}

DurableConsumer::~DurableConsumer() {
  watch_.reset();
  mailbox_->close();
  thread_.join();
  inbox_subscription_.reset();
  ack_pending_->close();
}

// ---- the thread ---------------------------------------------------------------------------------

void DurableConsumer::run() {
  while (!mailbox_->closed()) {
    if (auto input = mailbox_->take(next_deadline()))
      std::visit([this](auto& it) { on(std::move(it)); }, *input);
    at_deadlines();
  }
}

DurableConsumer::Moment DurableConsumer::next_deadline() const {
  return std::min({attach_at_, pull_at_, check_at_, progress_at_, silent_at_});
}

void DurableConsumer::at_deadlines() {
  const Moment now = std::chrono::steady_clock::now();
  if (now >= attach_at_) attach();
  if (now >= silent_at_) {
    spdlog::warn("Consumer {} of {} is silent; starting it over.", settings_.durable,
                 settings_.stream);
    detach(0ms);
  }
  if (now >= pull_at_) pull();
  if (now >= check_at_) check();
  if (now >= progress_at_) {
    ack_pending_->report_progress(settings_.ack_wait / 3);
    progress_at_ = now + settings_.ack_wait / 3;
  }
}

template <class Answer>
void DurableConsumer::ask(std::string_view verb, const nlohmann::json& body) {
  ask_api(connection_, consumer_verb(verb, settings_), body,
          [mailbox = mailbox_, attempt = attempt_](ApiResult answer) {
            mailbox->post(Answer{attempt, std::move(answer)});
          });
}

// ---- getting there ------------------------------------------------------------------------------

void DurableConsumer::on(ConnectionChanged change) {
  detach(0ms);
  if (!change.connected) attach_at_ = Moment::max();
}

void DurableConsumer::detach(std::chrono::milliseconds delay) {
  phase_ = Phase::detached;
  ++attempt_;
  inbox_subscription_.reset();
  attach_at_ = std::chrono::steady_clock::now() + delay;
  pull_at_ = check_at_ = progress_at_ = silent_at_ = Moment::max();
}

void DurableConsumer::attach() {
  attach_at_ = Moment::max();
  ask<Created>("CREATE", create_request(settings_));
}

void DurableConsumer::on(const Created& created) {
  if (created.attempt != attempt_) return;
  const auto state = read_consumer_state(created.answer);
  if (state) {
    fails_since_.reset();
    tell({});
    batch_max_ = state->batch_max;
    expires_max_ = state->expires_max;
    // What the consumer has passed makes nobody active, so it would wait for a later message.
    return settings_.work_queue ? reset({}) : wait_for_pin();
  }
  does_not_start(state.error());
  detach(retry_delay);
}

/// What may pass is told when it lasts: an election takes some seconds.
void DurableConsumer::does_not_start(const Failure& failure) {
  const auto now = std::chrono::steady_clock::now();
  if (!fails_since_) {
    fails_since_ = now;
    if (failure.retryable)
      spdlog::warn("Consumer {} of {} does not start yet: {} Trying again.", settings_.durable,
                   settings_.stream, failure.what);
  }
  if (failure.retryable && now - *fails_since_ < start_patience) return;
  tell(fmt::format("Consumer {} of {} does not start: {}", settings_.durable, settings_.stream,
                   failure.what));
}

void DurableConsumer::tell(std::string why_not) {
  if (why_not == why_not_) return;
  why_not_ = std::move(why_not);
  handler_.can_deliver(why_not_);
}

void DurableConsumer::wait_for_pin() {
  phase_ = Phase::waiting;
  pin_.clear();
  if (!open_inbox()) return detach(retry_delay);
  progress_at_ = Moment::max();
  pull();
  check();
}

/// Nothing sent to an earlier inbox arrives any more, and the server forgets its pulls.
bool DurableConsumer::open_inbox() {
  ++attempt_;
  inbox_subscription_.reset();
  inbox_ = connection_.new_inbox();
  auto opened =
      connection_.subscribe(inbox_, "", [mailbox = mailbox_, attempt = attempt_](Received message) {
        mailbox->post(Came{attempt, std::move(message)});
      });
  if (!opened) return false;
  inbox_subscription_ = std::move(*opened);
  silent_at_ = std::chrono::steady_clock::now() + silence_max;
  return true;
}

void DurableConsumer::pull() {
  pulled_ = phase_ == Phase::active ? std::min(pull_batch, batch_max_) : 1;
  const auto expires = std::min<std::chrono::nanoseconds>(pull_expires, expires_max_);
  // A pull that does not arrive is replaced by the next one.
  (void)connection_.publish("$JS.API." + consumer_verb("MSG.NEXT", settings_), {},
                            pull_request(pulled_, expires, pin_).dump(), inbox_);
  pull_at_ = std::chrono::steady_clock::now() + pull_interval;
}

void DurableConsumer::check() {
  ask<Checked>("INFO", nullptr);
  check_at_ = std::chrono::steady_clock::now() + check_interval;
}

void DurableConsumer::on(const Checked& checked) {
  if (checked.attempt != attempt_ || phase_ != Phase::waiting) return;
  if (!checked.answer) {
    if (checked.answer.error().err_code == api_error::consumer_not_found) detach(0ms);
    return;
  }
  const auto state = read_consumer_state(checked.answer);
  if (!state) return;
  // What came was for the pinned one, which this is, then.
  if (std::exchange(pin_hidden_, false) && !state->pin.empty()) return reset(state->pin);
  if (!state->pin.empty() || state->unacknowledged == 0) return;
  reset({});
}

void DurableConsumer::reset(std::string pin) {
  phase_ = Phase::resetting;
  pin_ = std::move(pin);
  ++attempt_;
  inbox_subscription_.reset();
  pull_at_ = check_at_ = silent_at_ = Moment::max();
  ask<ResetDone>("RESET", settings_.work_queue ? nlohmann::json{{"seq", 1}} : nlohmann::json());
}

void DurableConsumer::on(const ResetDone& done) {
  if (done.attempt != attempt_) return;
  const auto state = read_consumer_state(done.answer);
  if (state && pin_.empty()) return wait_for_pin();
  if (state) return activate(state->floor);
  spdlog::warn("Consumer {} of {} could not be reset: {} Starting it over.", settings_.durable,
               settings_.stream, state.error().what);
  detach(retry_delay);
}

void DurableConsumer::activate(std::uint64_t floor) {
  phase_ = Phase::active;
  ++generation_;
  delivered_ = floor;
  last_sequence_ = 0;
  ack_pending_->begin(generation_);
  if (!open_inbox()) return detach(retry_delay);
  spdlog::info("Consumer {} of {} is active here, generation {}.", settings_.durable,
               settings_.stream, generation_);
  handler_.activated(generation_);
  progress_at_ = std::chrono::steady_clock::now() + settings_.ack_wait / 3;
  pull();
}

// ---- deliveries ---------------------------------------------------------------------------------

void DurableConsumer::on(Came came) {
  if (came.attempt != attempt_) return;
  silent_at_ = std::chrono::steady_clock::now() + silence_max;
  if (came.message.reply().empty())
    on_status(came.message.status(), came.message.header("Description").value_or(""));
  else
    on_message(came.message);
}

void DurableConsumer::on_status(int status, std::string_view description) {
  switch (status) {
    case wrong_pin:
      if (phase_ == Phase::active) wait_for_pin();
      return;
    case no_responders:
      return detach(retry_delay);
    case conflict:
      // A limit of the server's that was changed is read anew. Other conflicts end only one pull:
      // a batch that is complete, one pull too many.
      if (description.starts_with("Exceeded MaxRequest")) return detach(retry_delay);
      if (description == "Consumer Deleted" || description == "Leadership Change"
          || description == "Server Shutdown")
        detach(retry_delay);
      return;
    case malformed:
    case api_level_too_high:
      tell(
          fmt::format("Consumer {} of {}: NATS refuses to be pulled from: {}. Is it 2.14 or later?",
                      settings_.durable, settings_.stream, description));
      return detach(retry_delay);
    default:
      return;  // a pull that expired
  }
}

void DurableConsumer::on_message(const Received& message) {
  // What is stored may have such a header, too; the server's comes behind it. Headers that are none
  // hide it.
  std::string pin(message.last_header("Nats-Pin-Id").value_or(pin_));
  if (phase_ == Phase::waiting && pin.empty()) {
    pin_hidden_ = true;
    return check();
  }
  if (phase_ == Phase::waiting || pin != pin_) return reset(std::move(pin));

  // The acknowledgement goes to the message's reply subject: to this consumer's, nowhere else.
  const auto facts = read_ack_subject(message.reply());
  const bool ours =
      facts && facts->stream == settings_.stream && facts->consumer == settings_.durable;
  if (!ours || facts->consumer_sequence != delivered_ + 1) {
    spdlog::info("Consumer {} of {}: a delivery went elsewhere; starting from the ack floor.",
                 settings_.durable, settings_.stream);
    return reset(std::move(pin));
  }
  ++delivered_;
  hand_out(message, *facts);
  if (phase_ == Phase::active && --pulled_ == 0) pull();
}

void DurableConsumer::hand_out(const Received& message, const DeliveryFacts& facts) {
  const std::uint64_t sequence = facts.stream_sequence;
  if (sequence <= last_sequence_) {
    // It was handed out in this generation: still being handled, or its acknowledgement was lost.
    if (!ack_pending_->holds(sequence)) (void)connection_.publish(message.reply(), {}, "+ACK");
    return;
  }
  last_sequence_ = sequence;
  ack_pending_->add(sequence, std::string(message.reply()));
  handler_.deliver({.generation = generation_,
                    .sequence = sequence,
                    .subject = StoredSubject(message.subject()),
                    .bytes = std::string(message.body()),
                    .acknowledge = [ack_pending = ack_pending_, generation = generation_,
                                    sequence] { ack_pending->acknowledge(generation, sequence); }});
}

}  // namespace troupe::nats
