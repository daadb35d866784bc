// The effect that delivers a troupe.v1.Mail: by SMTP, by webhook, or by both.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/ports/effects.hpp"

namespace troupe::curl {

struct NotifierOptions {
  std::string smtp_url;     ///< such as smtp://127.0.0.1:25; empty: no mail
  std::string webhook_url;  ///< gets the mail as JSON by POST; empty: no webhook
  std::string from = "orders@troupe.invalid";
};

/// Calls wait in a queue of `queue_max` for one of `workers` threads; over it a call fails at once,
/// retryable. With both ways configured a call succeeds when both did; a repeat repeats both, with
/// the same Message-ID and Idempotency-Key. With neither it succeeds and only logs.
class Notifier final : public Effects {
public:
  static constexpr std::size_t workers = 2;
  static constexpr std::size_t queue_max = 256;

  explicit Notifier(NotifierOptions options);
  ~Notifier() override;  ///< calls that still wait fail, retryable

  void call(EffectCall call, Done done) override;

private:
  struct Job {
    EffectCall call;
    Done done;
  };

  void work();
  Result<MessagePtr> deliver(const EffectCall& call) const;

  const NotifierOptions options_;  // constant after construction
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;  // protected by mutex_
  bool stopping_ = false;  // protected by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace troupe::curl
