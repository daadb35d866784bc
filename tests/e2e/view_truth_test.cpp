// Whatever becomes of Redis, an answer read from a view is true or says that it is none.
#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch_all.hpp>

#include "inventory/v1/commands.pb.h"
#include "inventory/v1/rows.pb.h"
#include "ordering/v1/commands.pb.h"
#include "ordering/v1/rows.pb.h"
#include "runtime/nats/requests/command_client.hpp"
#include "runtime/redis/client.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/system.hpp"

namespace {

using namespace std::chrono_literals;
using troupe::Position;
using troupe::Subject;
using troupe::nats::BodyForm;
using troupe::nats::ClientReply;
using troupe::test::eventually;
using troupe::test::System;

constexpr auto patience = 30s;
constexpr int orders = 5'000;
constexpr int customers = 50;
constexpr std::uint64_t questions_min = 10'000;

/// What may be asked, and the one true answer: a row's bytes, or a miss's code.
struct Question {
  Subject subject;
  std::string body;
  bool found = false;
  std::string answer;
};

Subject query(const std::string& name) { return *Subject::parse("qry." + name); }

std::string order_id(int i) { return "o-" + std::to_string(i); }
std::string customer_id(int i) { return "c-" + std::to_string(i); }

Question about_order(const std::string& id) {
  ordering::v1::GetOrder body;
  body.set_order_id(id);
  return {.subject = query("ordering.GetOrder"), .body = body.SerializeAsString(), .answer = {}};
}

Question about_customer(const std::string& id) {
  ordering::v1::GetCustomerOrders body;
  body.set_customer_id(id);
  return {.subject = query("ordering.GetCustomerOrders"),
          .body = body.SerializeAsString(),
          .answer = {}};
}

/// A client with a connection of its own.
class Client {
public:
  explicit Client(System& system)
      : connection_(*troupe::nats::Connection::open({.url = system.nats().url(), .name = "test"})),
        client_(*connection_) {}

  ClientReply ask(const Question& question, std::optional<Position> at_least = {}) {
    return client_.send_and_wait(question.subject, question.body, BodyForm::protobuf,
                                 {.at_least = std::move(at_least)}, 3s);
  }

  /// One order after the other, each repeated until it is accepted.
  Position place(int first, int count, const std::string& customer) {
    Position last;
    for (int i = first; i < first + count; ++i) {
      const auto subject = "cmd.ordering.order." + order_id(i) + ".PlaceOrder";
      const auto body = R"({"customerId":")" + customer
                        + R"(","currency":"GBP","lines":[{"articleId":"mug","quantity":1,)"
                          R"("unitPriceMinor":"799"}]})";
      ClientReply reply;
      const bool placed = eventually(patience, [&] {
        reply = client_.send_and_wait(*Subject::parse(subject), body, BodyForm::json,
                                      {.command_id = "place-" + order_id(i)}, 3s);
        return reply.kind == ClientReply::Kind::accepted;
      });
      if (!placed) throw std::runtime_error(reply.text);
      last = reply.position;
    }
    return last;
  }

private:
  std::unique_ptr<troupe::nats::Connection> connection_;
  troupe::nats::CommandClient client_;
};

/// Counts answers, and keeps the first few that are wrong.
class Judge {
public:
  void heard(const Question& question, const std::optional<Position>& at_least,
             const ClientReply& reply) {
    ++asked_;
    ++codes_.at(static_cast<std::size_t>(reply.code));
    const bool none = reply.code == 503 || reply.code == 504;
    if (none) return;
    ++definite_;
    const bool is_true = reply.code == (question.found ? 200 : 404)
                         && (question.found ? reply.body : reply.text) == question.answer;
    const bool in_place = !at_least || reply.position.sequence >= at_least->sequence;
    if (is_true && in_place) return;
    const std::lock_guard lock(mutex_);
    ++wrong_;
    if (first_ones_.size() < 5)
      first_ones_.push_back(question.subject.str() + (at_least ? " with" : " without")
                            + " a token: " + std::to_string(reply.code) + " " + reply.text + " at "
                            + std::to_string(reply.position.sequence) + ", "
                            + std::to_string(reply.body.size()) + " bytes");
  }

  std::uint64_t asked() const { return asked_; }
  std::uint64_t definite() const { return definite_; }
  std::uint64_t wrong() const { return wrong_; }
  std::string text() const {
    std::string text;
    for (std::size_t code = 0; code < codes_.size(); ++code)
      if (codes_[code] > 0)
        text += std::to_string(codes_[code]) + " times " + std::to_string(code) + "\n";
    for (const auto& one : first_ones_) text += one + "\n";
    return text;
  }

private:
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> definite_{0};
  std::array<std::atomic<std::uint64_t>, 600> codes_{};
  std::atomic<std::uint64_t> wrong_{0};
  std::mutex mutex_;
  std::vector<std::string> first_ones_;  // under mutex_
};

/// Two nodes, of which one keeps each view and the other follows, with orders that nothing happens
/// to any more.
struct Shop {
  System system;
  std::vector<Question> questions;
  Position last;

  Shop() {
    system.start_node("node-1", {"ordering"});
    system.start_node("node-2", {"ordering"});
    std::vector<std::jthread> clients;
    std::vector<Position> positions(8);
    for (int i = 0; i < 8; ++i)
      clients.emplace_back([this, i, &position = positions[static_cast<std::size_t>(i)]] {
        Client client(system);
        for (int customer = i; customer < customers; customer += 8)
          position = client.place(customer * orders / customers, orders / customers,
                                  customer_id(customer));
      });
    clients.clear();
    for (const auto& position : positions)
      if (position.sequence > last.sequence) last = position;
    learn();
  }

  /// Asks everything while all is well.
  void learn() {
    for (int i = 0; i < orders; i += 5) questions.push_back(about_order(order_id(i)));
    for (int i = 0; i < customers; ++i)
      for (int times = 0; times < 10; ++times) questions.push_back(about_customer(customer_id(i)));
    for (int i = 0; i < 100; ++i) {
      questions.push_back(about_order("nobody-" + std::to_string(i)));
      questions.push_back(about_customer("nobody-" + std::to_string(i)));
    }
    Client client(system);
    for (auto& question : questions) {
      const auto reply = client.ask(question, last);
      INFO(reply.text);
      REQUIRE((reply.code == 200 || reply.code == 404));
      question.found = reply.code == 200;
      question.answer = question.found ? reply.body : reply.text;
    }
  }
};

/// One way to lose what Redis has.
struct Loss {
  const char* name;
  void (*inflict)(System& system);
};

void restart(System& system) {
  const auto restarted = system.redis().restart();
  if (!restarted) throw std::runtime_error(restarted.error().what);
}

troupe::redis::Client operator_of(System& system) {
  return {troupe::redis::parse_redis_url(system.redis().url()).value(), 1};
}

const Loss losses[] = {
    {"flushed", [](System& system) { REQUIRE(operator_of(system).call({"FLUSHALL"})); }},
    {"killed",
     [](System& system) {
       system.redis().kill_hard();
       restart(system);
     }},
    {"restarted empty",
     [](System& system) {
       system.redis().kill_hard();
       std::filesystem::remove_all(system.folder() / "appendonlydir");
       restart(system);
     }},
    {"robbed of its checkpoints",
     [](System& system) {
       auto client = operator_of(system);
       const auto keys = client.call({"KEYS", "troupe:*checkpoint"}).value();
       for (const auto& key : keys.value().elements())
         REQUIRE(client.call({"UNLINK", *key.text()}));
     }},
};

/// Asks at random until it is stopped, every second time with a token.
void read_on(Shop& shop, Judge& judge, unsigned seed, const std::stop_token& stop) {
  Client client(shop.system);
  std::mt19937 dice(seed);
  while (!stop.stop_requested()) {
    const auto& question = shop.questions[dice() % shop.questions.size()];
    const auto at_least = dice() % 2 == 0 ? std::optional(shop.last) : std::nullopt;
    judge.heard(question, at_least, client.ask(question, at_least));
  }
}

/// Places an order after the other and looks for each at once.
void write_on(Shop& shop, Judge& judge, const std::stop_token& stop) {
  Client client(shop.system);
  for (int i = orders; !stop.stop_requested(); ++i) {
    const auto placed = client.place(i, 1, "");
    auto question = about_order(order_id(i));
    const auto reply = client.ask(question, placed);
    question.found = true;
    ordering::v1::OrderRow row;
    if (row.ParseFromString(reply.body) && row.order_id() == order_id(i))
      question.answer = reply.body;
    judge.heard(question, placed, reply);
  }
}

TEST_CASE(
    "ten thousand questions while Redis is flushed, killed and restarted empty have no wrong "
    "answer",
    "[e2e][view_truth]") {
  Shop shop;
  Judge judge;
  constexpr unsigned readers = 3;
  constexpr int rounds = 3;
  constexpr std::uint64_t per_round = questions_min / (rounds * std::size(losses)) + 1;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < readers; ++i)
      threads.emplace_back(
          [&, i](const std::stop_token& stop) { read_on(shop, judge, i + 1, stop); });
    threads.emplace_back([&](const std::stop_token& stop) { write_on(shop, judge, stop); });
    for (int round = 0; round < rounds; ++round)
      for (const auto& loss : losses) {
        INFO("Redis was " << loss.name);
        const auto before = judge.definite();
        loss.inflict(shop.system);
        // Questions that are answered, as they are again once the views are whole.
        CHECK(eventually(patience, [&] { return judge.definite() > before + per_round; }));
      }
  }
  INFO(judge.text());
  CHECK(judge.asked() >= questions_min);
  CHECK(judge.definite() >= questions_min);
  CHECK(judge.wrong() == 0);
}

TEST_CASE("a view whose checkpoint is lost counts nothing twice", "[e2e][view_truth]") {
  System system;
  system.start_node("node-1", {"inventory"});
  Client client(system);
  Position last;
  constexpr int receipts = 40;
  for (int i = 0; i < receipts; ++i) {
    const auto connection =
        *troupe::nats::Connection::open({.url = system.nats().url(), .name = "test"});
    const auto reply =
        troupe::nats::CommandClient(*connection)
            .send_and_wait(*Subject::parse("cmd.inventory.stock.mug.ReceiveStock"),
                           R"({"reference":"r-)" + std::to_string(i) + R"(","quantity":"1"})",
                           BodyForm::json, {}, 3s);
    REQUIRE(reply.code == 200);
    last = reply.position;
  }
  inventory::v1::GetStock body;
  body.set_article_id("mug");
  const Question question{
      .subject = query("inventory.GetStock"), .body = body.SerializeAsString(), .answer = {}};
  const auto received = [&]() -> std::int64_t {
    inventory::v1::StockRow row;
    const auto reply = client.ask(question, last);
    return reply.code == 200 && row.ParseFromString(reply.body) ? row.received() : 0;
  };
  REQUIRE(received() == receipts);
  losses[3].inflict(system);
  auto redis = operator_of(system);
  REQUIRE(eventually(patience, [&] {
    return redis.call({"KEYS", "troupe:*stock*checkpoint"}).value().value().elements().size() == 1;
  }));
  REQUIRE(eventually(patience, [&] { return received() != 0; }));
  CHECK(received() == receipts);
}

}  // namespace
