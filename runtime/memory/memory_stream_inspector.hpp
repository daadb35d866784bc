// What the in-memory broker shows of its streams, and the incarnations that were accepted.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>

#include "runtime/memory/broker.hpp"
#include "runtime/ports/stream_inspector.hpp"

namespace troupe::memory {

/// The records are here, not in the broker: nodes of one system share a inspector.
class MemoryStreamInspector final : public StreamInspector {
public:
  explicit MemoryStreamInspector(Broker& broker) : broker_(broker) {}

  Result<std::optional<StreamFacts>> facts(const std::string& stream) override;
  Result<std::optional<std::string>> hash_at(const std::string& stream,
                                             std::uint64_t sequence) override;
  Result<std::optional<Incarnation>> accepted(const std::string& stream) override;
  Result<void> accept(const std::string& stream, const Incarnation& incarnation,
                      Record which) override;
  Result<void> reachable(const std::string&) override;
  std::shared_ptr<void> watch(std::function<void(bool connected)> changed) override {
    return broker_.watch(std::move(changed));
  }

  /// For tests: the record of the stream is lost.
  void forget(const std::string& stream) {
    const std::lock_guard lock(mutex_);
    accepted_.erase(stream);
  }

  /// For tests: how the broker's clock stands to the machine's.
  void set_clock_ahead(std::chrono::milliseconds ahead) { clock_ahead_ = ahead; }

  /// For tests: what is wrong with a stream's settings, or nothing.
  void set_weaker(const std::string& stream, std::string sentence) {
    const std::lock_guard lock(mutex_);
    weaker_[stream] = std::move(sentence);
  }

private:
  std::string weaker_of(const std::string& stream) {
    const std::lock_guard lock(mutex_);
    const auto found = weaker_.find(stream);
    return found == weaker_.end() ? std::string() : found->second;
  }

  Broker& broker_;
  std::atomic<std::chrono::milliseconds> clock_ahead_{};
  std::mutex mutex_;
  std::map<std::string, Incarnation, std::less<>> accepted_;  // under mutex_
  std::map<std::string, std::string, std::less<>> weaker_;    // under mutex_
};

}  // namespace troupe::memory
