// A connection whose other end is the test.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "runtime/nats/client/connection.hpp"

namespace troupe::test {

class ScriptedConnection final : public nats::Connection {
public:
  struct Sent {
    std::string subject;
    nats::Headers headers;
    std::string body;
    Next answered;  ///< empty when it asks for no answer

    std::string header(std::string_view key) const {
      for (const auto& [name, value] : headers)
        if (name == key) return value;
      return {};
    }
  };

  std::deque<Sent> sent;                       ///< not taken yet
  std::vector<std::function<void()>> later{};  ///< what is to be run after a time

  /// The oldest that was sent.
  Sent take() {
    Sent first = std::move(sent.front());
    sent.pop_front();
    return first;
  }

  static nats::Reply reply(const std::string& body) {
    static const natsStatus opened = nats_Open(-1);
    natsMsg* message = nullptr;
    const bool made =
        opened == NATS_OK
        && natsMsg_Create(&message, "inbox", nullptr, body.data(), static_cast<int>(body.size()))
               == NATS_OK;
    if (!made) throw std::runtime_error("nats.c makes no message");
    return {nats::Reply::Status::answered, nats::Received(message)};
  }

  void request(std::string_view subject, const nats::Headers& headers, std::string_view body,
               std::chrono::milliseconds timeout, Answered answered) override {
    request_many(subject, headers, body, timeout, [answered](nats::Reply reply) {
      answered(std::move(reply));
      return false;
    });
  }
  void request_many(std::string_view subject, const nats::Headers& headers, std::string_view body,
                    std::chrono::milliseconds, Next next) override {
    sent.push_back({std::string(subject), headers, std::string(body), std::move(next)});
  }
  void after(std::chrono::milliseconds, std::function<void()> run) override {
    later.push_back(std::move(run));
  }
  Result<void> publish(std::string_view subject, const nats::Headers& headers,
                       std::string_view body, std::string_view) override {
    sent.push_back({std::string(subject), headers, std::string(body), nullptr});
    return {};
  }
  bool flush(std::chrono::milliseconds) override { return true; }
  using Connection::subscribe;
  Result<std::unique_ptr<Subscribed>> subscribe(Subscription) override {
    return permanent("a scripted connection takes no subscriptions");
  }
  std::string new_inbox() override { return "inbox"; }
  std::size_t message_bytes_max() const override { return 1'048'576; }
  bool connected() const override { return true; }
  std::shared_ptr<void> watch(std::function<void(bool)>) override { return nullptr; }
};

}  // namespace troupe::test
