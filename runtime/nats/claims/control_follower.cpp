#include "runtime/nats/claims/control_follower.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "runtime/base/json.hpp"
#include "runtime/base/text.hpp"
#include "runtime/nats/jetstream/consumer_api.hpp"

namespace troupe::nats {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds heartbeat = 500ms;
constexpr auto silence_max = 2s;
constexpr auto retry_delay = 500ms;
/// The server forgets the consumer of a node that is gone.
constexpr std::chrono::nanoseconds inactive_threshold = 10s;

nlohmann::json create_request(const std::string& filter, const std::string& inbox) {
  return {{"stream_name", "CTL"},
          {"config",
           {{"deliver_subject", inbox},
            {"deliver_policy", "last_per_subject"},
            {"ack_policy", "none"},
            {"replay_policy", "instant"},
            {"filter_subject", filter},
            {"idle_heartbeat", heartbeat.count()},
            {"inactive_threshold", inactive_threshold.count()},
            {"mem_storage", true},
            {"num_replicas", 1}}}};
}

}  // namespace

ControlFollower::ControlFollower(Connection& connection, std::string filter, Told told)
    : connection_(connection), filter_(std::move(filter)), told_(std::move(told)) {
  watch_ = connection_.watch(
      [mailbox = mailbox_](bool connected) { mailbox->post(ConnectionChanged{connected}); });
  mailbox_->post(ConnectionChanged{true});
  thread_ = std::thread([this] { run(); });
}

ControlFollower::~ControlFollower() {
  watch_.reset();
  mailbox_->close();
  thread_.join();
}

void ControlFollower::run() {
  while (!mailbox_->closed()) {
    if (auto input = mailbox_->take(std::min(begin_at_, silent_at_)))
      std::visit([this](const auto& it) { on(it); }, *input);
    const auto now = std::chrono::steady_clock::now();
    if (now >= silent_at_) begin_again(0ms);
    if (now >= begin_at_) begin();
  }
  inbox_.reset();
}

void ControlFollower::on(ConnectionChanged change) {
  begin_again(0ms);
  if (!change.connected) begin_at_ = Moment::max();
}

void ControlFollower::begin_again(std::chrono::milliseconds delay) {
  ++attempt_;
  inbox_.reset();
  silent_at_ = Moment::max();
  begin_at_ = std::chrono::steady_clock::now() + delay;
}

void ControlFollower::begin() {
  begin_at_ = Moment::max();
  heard_ = 0;
  first_ones_ = UINT64_MAX;
  const auto inbox = connection_.new_inbox();
  auto opened =
      connection_.subscribe(inbox, "", [mailbox = mailbox_, attempt = attempt_](Received message) {
        mailbox->post(Came{attempt, std::move(message)});
      });
  if (!opened) return begin_again(retry_delay);
  inbox_ = std::move(*opened);
  ask_api(connection_, "CONSUMER.CREATE.CTL", create_request(filter_, inbox),
          [mailbox = mailbox_, attempt = attempt_](ApiResult answer) {
            mailbox->post(Created{attempt, std::move(answer)});
          });
}

void ControlFollower::on(const Created& created) {
  if (created.attempt != attempt_) return;
  if (!created.answer) {
    if (!std::exchange(complained_, true))
      spdlog::warn("{} cannot be followed in CTL yet: {} Trying again.", filter_,
                   created.answer.error().what);
    return begin_again(retry_delay);
  }
  complained_ = false;
  silent_at_ = std::chrono::steady_clock::now() + silence_max;
  // Some of the first ones may have been heard before this answer.
  first_ones_ = field<std::uint64_t>(*created.answer, "num_pending").value_or(0)
                + field<std::uint64_t>(*created.answer, "delivered.consumer_seq").value_or(0);
  if (heard_ >= first_ones_) told_.caught_up();
}

void ControlFollower::on(const Came& came) {
  if (came.attempt != attempt_) return;
  if (silent_at_ != Moment::max()) silent_at_ = std::chrono::steady_clock::now() + silence_max;
  const auto facts = read_ack_subject(came.message.reply());
  if (!facts) {  // a heartbeat, which says how many there were
    const auto last = parse_number(came.message.header("Nats-Last-Consumer").value_or(""));
    if (last && *last != heard_) begin_again(0ms);
    return;
  }
  if (facts->consumer_sequence != heard_ + 1) return begin_again(0ms);
  told_.record(came.message, facts->stream_sequence);
  if (++heard_ == first_ones_) told_.caught_up();
}

}  // namespace troupe::nats
