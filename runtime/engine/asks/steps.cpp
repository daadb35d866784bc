#include "runtime/engine/asks/steps.hpp"

#include <cstddef>
#include <utility>

#include "runtime/base/backoff.hpp"

namespace troupe::engine {

namespace {

constexpr std::chrono::milliseconds pause_min{50};
constexpr std::chrono::milliseconds pause_max{5'000};

/// Steps on their way. Lives on the strand; kept by the step that is running or waits.
class Run : public std::enable_shared_from_this<Run> {
public:
  Run(std::shared_ptr<Strand> strand, StepWatch& watch, std::vector<Step> steps,
      std::function<void(std::string)> finished)
      : strand_(std::move(strand)),
        watch_(watch),
        finished_(std::move(finished)),
        open_(steps.size()) {
    for (auto& step : steps) tries_.push_back({std::move(step), Backoff{pause_min, pause_max}});
  }

  void start() {
    for (std::size_t i = 0; i < tries_.size(); ++i) attempt(i);
  }

private:
  struct Try {
    Step step;
    Backoff backoff;
  };

  void attempt(std::size_t i) {
    tries_[i].step([self = shared_from_this(), i](StepResult result) {
      self->strand_->post([self, i, result = std::move(result)] { ended(self, i, result); });
    });
  }

  static void ended(const std::shared_ptr<Run>& self, std::size_t i, const StepResult& result) {
    if (result.kind == StepResult::Kind::again) return self->pause(i, result.cause);
    if (result.kind == StepResult::Kind::poison && self->poison_.empty())
      self->poison_ = result.cause.empty() ? "no cause was given" : result.cause;
    if (--self->open_ > 0) return;
    if (self->failed_) self->watch_.ends(self.get());
    self->finished_(std::move(self->poison_));
  }

  void pause(std::size_t i, const std::string& cause) {
    failed_ = true;
    watch_.fails(this, cause);
    strand_->post_after(tries_[i].backoff.next(),
                        [self = shared_from_this(), i] { self->attempt(i); });
  }

  const std::shared_ptr<Strand> strand_;
  StepWatch& watch_;
  std::vector<Try> tries_;
  std::function<void(std::string)> finished_;
  std::size_t open_;
  bool failed_ = false;
  std::string poison_;
};

}  // namespace

void run_steps(const std::shared_ptr<Strand>& strand, StepWatch& watch, std::vector<Step> steps,
               std::function<void(std::string poison)> finished) {
  if (steps.empty()) return finished({});
  std::make_shared<Run>(strand, watch, std::move(steps), std::move(finished))->start();
}

Step command_step(CommandBus& bus, Command command, std::chrono::milliseconds patience,
                  Judge judge) {
  return [&bus, command = std::move(command), patience, judge = std::move(judge)](StepDone done) {
    auto attempt = command;
    attempt.deadline = std::chrono::steady_clock::now() + patience;
    bus.send(std::move(attempt), [command, judge, done = std::move(done)](const Outcome& outcome) {
      done(judge(command, outcome));
    });
  };
}

StepResult step_result(const Result<void>& result) {
  if (result) return {};
  return {result.error().retryable ? StepResult::Kind::again : StepResult::Kind::poison,
          result.error().what};
}

}  // namespace troupe::engine
