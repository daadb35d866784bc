#include "tools/shop/demo/patient_client.hpp"

#include <algorithm>

#include "runtime/nats/wire/body.hpp"

namespace troupe::tool {

namespace {

bool worth_repeating(const Outcome& outcome) {
  if (const auto* rejected = std::get_if<Rejected>(&outcome))
    return rejected->code == RejectionCode::overloaded
           || rejected->code == RejectionCode::unavailable;
  return std::holds_alternative<Unknown>(outcome);
}

std::string subject_of(const Wish& wish) {
  const auto type = Token::parse(wish.body->GetDescriptor()->name());
  return Subject::command(wish.instance, *type).str();
}

}  // namespace

void StopFlag::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool StopFlag::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

bool StopFlag::wait_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopped_; });
}

Outcome PatientClient::send(const Wish& wish, unsigned first_attempt) {
  const auto give_up_at = std::chrono::steady_clock::now() + patience_.deadline;
  check::CommandTry what{.process = name_,
                         .command_id = wish.id,
                         .subject = subject_of(wish),
                         .attempt = first_attempt,
                         .args = nats::write_body(*wish.body, nats::BodyForm::json).value_or("{}"),
                         .issued_at = wish.issued_at};
  for (auto pause = first_pause;; pause = std::min(pause * 2, pause_max), ++what.attempt) {
    history_.invoke(what);
    const auto outcome = sender_.send(wish, patience_.try_timeout);
    what.args.clear();  // once is enough
    what.issued_at.reset();
    history_.answered(what, outcome);
    const bool over = std::chrono::steady_clock::now() + pause > give_up_at;
    if (!worth_repeating(outcome) || over || !stop_.wait_for(pause)) return outcome;
  }
}

}  // namespace troupe::tool
