#include "runtime/nats/claim_follower.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "runtime/nats/consumer_api.hpp"
#include "runtime/nats/json.hpp"
#include "runtime/nats/text.hpp"
#include "runtime/ports/subject.hpp"
#include "troupe/v1/control.pb.h"

namespace troupe::nats {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds heartbeat = 500ms;
constexpr auto silence_max = 2s;
constexpr auto retry_delay = 500ms;
constexpr std::size_t subject_length_max = 200;
/// The server forgets the consumer of a node that is gone.
constexpr std::chrono::nanoseconds inactive_threshold = 10s;

nlohmann::json create_request(const std::string& context, const std::string& inbox) {
  return {{"stream_name", "CTL"},
          {"config",
           {{"deliver_subject", inbox},
            {"deliver_policy", "last_per_subject"},
            {"ack_policy", "none"},
            {"replay_policy", "instant"},
            {"filter_subject", "ctl." + context + ".*"},
            {"idle_heartbeat", heartbeat.count()},
            {"inactive_threshold", inactive_threshold.count()},
            {"mem_storage", true},
            {"num_replicas", 1}}}};
}

}  // namespace

ClaimFollower::ClaimFollower(Connection& connection, const Token& context, ClaimHandler& handler)
    : connection_(connection), context_(context.str()), handler_(handler) {
  watch_ = connection_.watch(
      [mailbox = mailbox_](bool connected) { mailbox->post(ConnectionChanged{connected}); });
  mailbox_->post(ConnectionChanged{true});
  thread_ = std::thread([this] { run(); });
}

ClaimFollower::~ClaimFollower() {
  watch_.reset();
  mailbox_->close();
  thread_.join();
}

void ClaimFollower::run() {
  while (!mailbox_->closed()) {
    if (auto input = mailbox_->take(std::min(begin_at_, silent_at_)))
      std::visit([this](const auto& it) { on(it); }, *input);
    const auto now = std::chrono::steady_clock::now();
    if (now >= silent_at_) begin_again(0ms);
    if (now >= begin_at_) begin();
  }
  inbox_.reset();
}

void ClaimFollower::on(ConnectionChanged change) {
  begin_again(0ms);
  if (!change.connected) begin_at_ = Moment::max();
}

void ClaimFollower::begin_again(std::chrono::milliseconds delay) {
  ++attempt_;
  inbox_.reset();
  silent_at_ = Moment::max();
  begin_at_ = std::chrono::steady_clock::now() + delay;
}

void ClaimFollower::begin() {
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
  ask_api(connection_, "CONSUMER.CREATE.CTL", create_request(context_, inbox),
          [mailbox = mailbox_, attempt = attempt_](ApiResult answer) {
            mailbox->post(Created{attempt, std::move(answer)});
          });
}

void ClaimFollower::on(const Created& created) {
  if (created.attempt != attempt_) return;
  if (!created.answer) {
    if (!std::exchange(complained_, true))
      spdlog::warn("The claims of {} cannot be followed yet: {} Trying again.", context_,
                   created.answer.error().what);
    return begin_again(retry_delay);
  }
  complained_ = false;
  silent_at_ = std::chrono::steady_clock::now() + silence_max;
  // Some of the first ones may have been heard before this answer.
  first_ones_ = field<std::uint64_t>(*created.answer, "num_pending").value_or(0)
                + field<std::uint64_t>(*created.answer, "delivered.consumer_seq").value_or(0);
  if (heard_ >= first_ones_) handler_.caught_up();
}

void ClaimFollower::on(const Came& came) {
  if (came.attempt != attempt_) return;
  if (silent_at_ != Moment::max()) silent_at_ = std::chrono::steady_clock::now() + silence_max;
  const auto facts = read_ack_subject(came.message.reply());
  if (!facts) {  // a heartbeat, which says how many there were
    const auto last = parse_number(came.message.header("Nats-Last-Consumer").value_or(""));
    if (last && *last != heard_) begin_again(0ms);
    return;
  }
  if (facts->consumer_sequence != heard_ + 1) return begin_again(0ms);
  tell(came.message, facts->stream_sequence);
  if (++heard_ == first_ones_) handler_.caught_up();
}

void ClaimFollower::tell(const Received& message, std::uint64_t epoch) {
  const auto slot = parse_number(message.subject().substr(message.subject().rfind('.') + 1));
  v1::Claim claim;
  if (!slot || *slot >= slots_max
      || !claim.ParseFromArray(message.body().data(), static_cast<int>(message.body().size()))) {
    spdlog::error("{} has something at sequence {} that is no claim; it is passed over.",
                  printable(message.subject(), subject_length_max), epoch);
    return;
  }
  handler_.claimed({.slot = static_cast<std::uint32_t>(*slot),
                    .epoch = epoch,
                    .holder = claim.node().empty() ? "" : claim.node() + "|" + claim.token(),
                    .handed_over_by = claim.handed_over_by()});
}

}  // namespace troupe::nats
