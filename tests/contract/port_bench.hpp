// An effect and the port that performs it, as a node has them.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include <catch2/catch_all.hpp>

#include "runtime/host/effects_by_name.hpp"
#include "tests/contract/on_jetstream.hpp"

namespace troupe::test {

class PortBench {
public:
  static constexpr auto trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  /// Of an effect "ask" that takes and gives messages of these types.
  PortBench(const Message& request, const Message& answer, Port port) : answer_(answer) {
    ContextModel context;
    context.name = "example";
    auto& effect = context.effects.emplace_back();
    effect.name = "ask";
    effect.request_type = &request;
    effect.answer = &answer;
    host::Program program;
    program.effects.emplace("ask", [&](const Settings&) { return std::move(port); });
    auto ports = or_throw(host::make_ports({context}, program, {}));
    effects_ = std::make_unique<host::EffectsByName>(std::move(ports), *connection_);
  }

  Result<MessagePtr> call(SharedMessage request, const std::string& key,
                          std::chrono::milliseconds timeout = std::chrono::seconds(5)) {
    auto promise = std::make_shared<std::promise<Result<MessagePtr>>>();
    auto answered = promise->get_future();
    effects_->call({.effect = "ask",
                    .key = key,
                    .request = std::move(request),
                    .answer = &answer_,
                    .timeout = timeout,
                    .traceparent = trace},
                   [promise](Result<MessagePtr> result) { promise->set_value(std::move(result)); });
    REQUIRE(answered.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    return answered.get();
  }

private:
  const Message& answer_;
  const std::unique_ptr<nats::Connection> connection_ =
      OnJetStream::shared_server().connect("ports");
  std::unique_ptr<host::EffectsByName> effects_;
};

}  // namespace troupe::test
