// Asks the memory ports and waits for their answers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/memory/memory_event_log.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe::test {

inline constexpr std::chrono::seconds answer_patience{10};

inline Token token(std::string_view text) { return Token::parse(text).value(); }

inline Instance order(std::string_view id = "o-1") {
  return {token("ordering"), token("order"), token(id)};
}

/// Asks by a call that takes a completion, and waits for it. The promise is shared, because the
/// completing thread may still be inside it when the waiting one goes on.
template <class T, class Ask>
T answer_to(const Ask& ask) {
  const auto answer = std::make_shared<std::promise<T>>();
  ask([answer](T value) { answer->set_value(std::move(value)); });
  return answer->get_future().get();
}

inline std::future<AppendResult> append(EventLog& log, const Subject& subject,
                                        std::uint64_t expected, std::vector<std::string> commits) {
  auto answer = std::make_shared<std::promise<AppendResult>>();
  auto result = answer->get_future();
  log.append(subject, expected, std::move(commits),
             [answer](AppendResult value) { answer->set_value(std::move(value)); });
  return result;
}

inline Result<std::vector<StoredCommit>> load(EventLog& log, const Subject& subject,
                                              std::uint64_t after = 0) {
  return answer_to<Result<std::vector<StoredCommit>>>(
      [&](auto done) { log.load(subject, after, std::move(done)); });
}

/// The bytes of a subject's commits.
inline std::vector<std::string> stored(EventLog& log, const Subject& subject) {
  std::vector<std::string> bytes;
  auto commits = load(log, subject).value();
  for (auto& commit : commits) bytes.push_back(std::move(commit.bytes));
  return bytes;
}

/// Writes down what it is told, acknowledges only when the test says so.
class Recorder final : public DeliveryHandler {
public:
  void activated(std::uint64_t generation) override {
    const std::lock_guard lock(mutex_);
    generations_.push_back(generation);
    changed_.notify_all();
  }
  void deliver(Delivery delivery) override {
    const std::lock_guard lock(mutex_);
    deliveries_.push_back(std::move(delivery));
    changed_.notify_all();
  }

  /// Takes the next deliveries as they come; fewer when they do not come in time.
  std::vector<Delivery> take(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, answer_patience, [&] { return deliveries_.size() >= count; });
    return std::exchange(deliveries_, {});
  }
  std::vector<std::uint64_t> generations() const {
    const std::lock_guard lock(mutex_);
    return generations_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> generations_;
  std::vector<Delivery> deliveries_;
};

inline std::vector<std::uint64_t> sequences(const std::vector<Delivery>& deliveries) {
  std::vector<std::uint64_t> numbers;
  for (const auto& delivery : deliveries) numbers.push_back(delivery.sequence);
  return numbers;
}

}  // namespace troupe::test
