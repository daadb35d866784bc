// An ingress on a real nats-server, between a client and buses that only take notes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <google/protobuf/struct.pb.h>
#include <catch2/catch_all.hpp>

#include "runtime/nats/requests/command_client.hpp"
#include "runtime/nats/service/ingress.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "troupe/v1/commit.pb.h"
#include "troupe/v1/control.pb.h"

namespace troupe::test {

/// Keeps what it is given; answers at once with `outcome`, or later when `holds` is set.
class NotingBus final : public CommandBus, public QueryBus {
public:
  void send(Command command, CommandBus::Answered answered) override {
    std::unique_lock lock(mutex_);
    commands_.push_back(std::move(command));
    changed_.notify_all();
    if (holds) return held_.push_back(std::move(answered));
    const Outcome answer = outcome;
    lock.unlock();
    if (meanwhile) meanwhile();
    answered(answer);
  }
  void ask(QueryCall call, QueryBus::Answered answered) override {
    std::unique_lock lock(mutex_);
    queries_.push_back(std::move(call));
    changed_.notify_all();
    if (holds_queries) return held_queries_.push_back(std::move(answered));
    const QueryOutcome answer = query_outcome;
    lock.unlock();
    answered(answer);
  }

  std::vector<Command> commands() const {
    const std::lock_guard lock(mutex_);
    return commands_;
  }
  std::vector<QueryCall> queries() const {
    const std::lock_guard lock(mutex_);
    return queries_;
  }
  bool wait_for_commands(std::size_t count) {
    return wait_for_commands_within(count, std::chrono::seconds(10));
  }
  bool wait_for_commands_within(std::size_t count, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return commands_.size() >= count; });
  }
  bool wait_for_queries(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return queries_.size() >= count; });
  }
  void answer_held() {
    std::deque<CommandBus::Answered> held;
    std::deque<QueryBus::Answered> held_queries;
    {
      const std::lock_guard lock(mutex_);
      held.swap(held_);
      held_queries.swap(held_queries_);
    }
    for (auto& answered : held) answered(outcome);
    for (auto& answered : held_queries) answered(query_outcome);
  }

  // Set while nothing is under way.
  bool holds = false;
  bool holds_queries = false;
  std::function<void()> meanwhile;  ///< runs on the subscription's thread, before the answer
  Outcome outcome = Accepted{};
  QueryOutcome query_outcome;

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Command> commands_;
  std::vector<QueryCall> queries_;
  std::deque<CommandBus::Answered> held_;
  std::deque<QueryBus::Answered> held_queries_;
};

/// Each bench has a context of its own name on the shared server.
class IngressBench {
public:
  explicit IngressBench(std::size_t in_flight_max = nats::IngressOptions::commands_max_default,
                        std::vector<std::string> reply_prefixes = {},
                        NatsServer& server = OnJetStream::shared_server())
      : in_flight_max_(in_flight_max),
        reply_prefixes_(std::move(reply_prefixes)),
        server_side_(server.connect("ingress")),
        client_(server.connect("client")) {
    if (const auto opened = ingress_->open(); !opened)
      throw std::runtime_error(opened.error().what);
  }

  const std::string context = "shop" + random_id().substr(0, 8);
  NotingBus bus;
  std::atomic<bool> another_program{false};  ///< runs the context on other nodes

  std::string command_subject(const std::string& rest) const {
    return "cmd." + context + "." + rest;
  }
  std::string query_subject(const std::string& rest) const { return "qry." + context + "." + rest; }

  nats::ClientReply request(const std::string& subject, const nats::Headers& headers,
                            std::string_view body) {
    return nats::read_client_reply(raw_request(subject, headers, body));
  }
  nats::Reply raw_request(const std::string& subject, const nats::Headers& headers,
                          std::string_view body) {
    return client_->request_and_wait(subject, headers, body, std::chrono::seconds(5));
  }
  nlohmann::json service(const std::string& verb) {
    const auto reply = raw_request("$SRV." + verb + "." + context, {}, "");
    return nlohmann::json::parse(reply.message.body());
  }

  nats::Connection& client() { return *client_; }
  nats::Ingress& ingress() { return *ingress_; }
  const Conditions& conditions() const { return conditions_; }

private:
  /// Any messages do; these are at hand.
  std::vector<ContextModel> models() const {
    ContextModel model;
    model.name = context;
    AggregateModel order;
    order.name = "order";
    order.public_commands = {"Claim", "PlaceOrder"};
    order.commands = {{"PlaceOrder", &v1::CommandReply::default_instance()},
                      {"Note", &google::protobuf::Struct::default_instance()},
                      {"Claim", &v1::Claim::default_instance()}};
    model.aggregates.push_back(std::move(order));
    model.queries.push_back({"OrderStatus", &v1::CommandReply::default_instance(), nullptr});
    return {std::move(model)};
  }

  const std::size_t in_flight_max_;
  const std::vector<std::string> reply_prefixes_;
  const SystemClock clock_;
  Conditions conditions_{clock_};
  const std::vector<ContextModel> contexts_ = models();
  const std::unique_ptr<nats::Connection> server_side_;
  const std::unique_ptr<nats::Connection> client_;
  const std::unique_ptr<nats::Ingress> ingress_ = std::make_unique<nats::Ingress>(
      nats::IngressConnections{*server_side_, *server_side_},
      nats::IngressOptions{.node = "node-1",
                           .durability = "durable",
                           .version = "1.2.3",
                           .commands_max = in_flight_max_,
                           .queries_max = in_flight_max_,
                           .reply_prefixes = reply_prefixes_},
      contexts_, bus, bus,
      nats::Ingress::Questions{
          .instances = [](const std::string&) { return std::size_t{7}; },
          .another_program = [this](const std::string&) { return another_program.load(); }},
      conditions_);
};

inline constexpr const char* place = "order.o-1.PlaceOrder";
inline constexpr const char* json_body = R"({"stream":"s","sequence":"7"})";

inline std::string protobuf_body() {
  v1::CommandReply body;
  body.set_stream("s");
  body.set_sequence(7);
  return body.SerializeAsString();
}

/// What a client on the same server sees when all is well.
inline void require_works(IngressBench& bench) {
  const auto before = bench.bus.commands().size();
  REQUIRE(bench.request(bench.command_subject(place), {}, protobuf_body()).kind
          == nats::ClientReply::Kind::accepted);
  REQUIRE(bench.bus.commands().size() == before + 1);
}

}  // namespace troupe::test
