// A connection on which each request gets the same answer at once.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "runtime/nats/client/connection.hpp"
#include "tests/unit/nats/scripted_connection.hpp"

namespace troupe::test {

/// Nothing comes to its subscriptions.
class AnsweringConnection final : public nats::Connection {
public:
  explicit AnsweringConnection(std::string answer) : answer_(std::move(answer)) {}

  void request(std::string_view, const nats::Headers&, std::string_view, std::chrono::milliseconds,
               Answered answered) override {
    answered(ScriptedConnection::reply(answer_));
  }
  void request_many(std::string_view, const nats::Headers&, std::string_view,
                    std::chrono::milliseconds, Next next) override {
    if (next(ScriptedConnection::reply(answer_))) next({nats::Reply::Status::timed_out, {}});
  }
  void after(std::chrono::milliseconds delay, std::function<void()> run) override {
    std::this_thread::sleep_for(delay);
    run();
  }
  Result<void> publish(std::string_view, const nats::Headers&, std::string_view,
                       std::string_view) override {
    return {};
  }
  bool flush(std::chrono::milliseconds) override { return true; }
  Result<std::unique_ptr<Subscribed>> subscribe(Subscription) override {
    return std::make_unique<Silence>();
  }
  std::string new_inbox() override { return "inbox"; }
  std::size_t message_bytes_max() const override { return 1'048'576; }
  bool connected() const override { return true; }
  std::shared_ptr<void> watch(std::function<void(bool)>) override { return nullptr; }

private:
  class Silence final : public Subscribed {
    void drain(std::chrono::milliseconds) override {}
    void begin_drain(std::chrono::milliseconds) override {}
  };

  const std::string answer_;
};

}  // namespace troupe::test
