// Commands on a slot's own subject: in at its owner, and out to the owner of another slot.
#include <future>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/nats/requests/slot_owners.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "tests/contract/ingress_bench.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Kind = nats::ClientReply::Kind;

namespace {

struct Target {
  Instance instance;
  std::uint32_t slot;

  std::string subject(std::uint32_t at) const {
    return Subject::slot_command(at, instance, *Token::parse("PlaceOrder")).str();
  }
  std::string ask_subject() const {
    return Subject::slot_ask(slot, instance, *Token::parse("PlaceOrder")).str();
  }
};

Target target_in(const IngressBench& bench) {
  const Instance instance{*Token::parse(bench.context), *Token::parse("order"),
                          *Token::parse("o-1")};
  return {instance, slot_of(instance, slots_default)};
}

Command place_command(const Target& target) {
  auto body = std::make_shared<v1::CommandReply>();
  body->set_stream("s");
  return {.instance = target.instance,
          .type = "PlaceOrder",
          .body = body,
          .id = "c-1",
          .hash = {},
          .issued_at = Time(1'700'000'000'123ms),
          .expected_version = 3,
          .deadline = std::chrono::steady_clock::now() + 5s,
          .correlation_id = "flow-1",
          .causation_id = "evt.shop.cart.k-1@7",
          .traceparent = {}};
}

Outcome outcome_of(SlotOwners& owners, const Target& target, Command command) {
  std::promise<Outcome> promise;
  owners.send(target.slot, std::move(command),
              [&](Outcome outcome) { promise.set_value(outcome); });
  return promise.get_future().get();
}

}  // namespace

TEST_CASE("slot ingress: an open one takes commands, a closed one leaves them to nobody",
          "[contract][slots]") {
  IngressBench bench;
  const auto target = target_in(bench);
  const auto subject = target.subject(target.slot);
  CHECK(bench.raw_request(subject, {}, protobuf_body()).status
        == nats::Reply::Status::no_responders);

  REQUIRE(bench.ingress().open(target.instance.context, target.slot));
  REQUIRE(bench.ingress().open(target.instance.context, target.slot));  // again: no second answer
  CHECK(bench.request(subject, {}, protobuf_body()).kind == Kind::accepted);
  REQUIRE(bench.bus.commands().size() == 1);
  CHECK(bench.bus.commands().front().forwarded);
  CHECK(bench.bus.commands().front().instance.id.str() == "o-1");

  bench.ingress().close(target.instance.context, {target.slot, 63, 1});
  CHECK(bench.raw_request(subject, {}, protobuf_body()).status
        == nats::Reply::Status::no_responders);
  REQUIRE(bench.request(bench.command_subject(place), {}, protobuf_body()).kind == Kind::accepted);
  CHECK_FALSE(bench.bus.commands().back().forwarded);
}

TEST_CASE("slot ingress: what an event asks for comes on a subject of its own, and on no other",
          "[contract][slots]") {
  IngressBench bench;
  const auto target = target_in(bench);
  REQUIRE(bench.ingress().open(target.instance.context, target.slot));
  const auto came_as_internal = [&](const std::string& subject) {
    REQUIRE(
        bench.request(subject, {{"Troupe-Causation-Id", "evt.shop.cart.k-1@7"}}, protobuf_body())
            .kind
        == Kind::accepted);
    return bench.bus.commands().back().internal;
  };
  CHECK(came_as_internal(target.ask_subject()));
  CHECK_FALSE(came_as_internal(target.subject(target.slot)));
  CHECK_FALSE(came_as_internal(bench.command_subject(place)));
}

TEST_CASE("slot owners: whether an event asks for a command is known where it arrives",
          "[contract][slots]") {
  IngressBench bench;
  const auto target = target_in(bench);
  REQUIRE(bench.ingress().open(target.instance.context, target.slot));
  nats::RequestSlotOwners owners(bench.client());
  for (const bool internal : {true, false}) {
    auto command = place_command(target);
    command.internal = internal;
    (void)outcome_of(owners, target, std::move(command));
    CHECK(bench.bus.commands().back().internal == internal);
    CHECK(bench.bus.commands().back().forwarded);
  }
}

TEST_CASE("slot ingress: a node may leave commands for any slot to others, and take them again",
          "[contract][slots]") {
  IngressBench bench;
  const auto target = target_in(bench);
  const auto any = bench.command_subject("order.o-1.PlaceOrder");
  REQUIRE(bench.ingress().open(target.instance.context, target.slot));
  REQUIRE(bench.request(any, {}, protobuf_body()).kind == Kind::accepted);
  for (int i = 0; i < 2; ++i) REQUIRE(bench.ingress().open_to_all(target.instance.context, false));
  CHECK(bench.raw_request(any, {}, protobuf_body()).status == nats::Reply::Status::no_responders);
  CHECK(bench.request(target.subject(target.slot), {}, protobuf_body()).kind == Kind::accepted);
  for (int i = 0; i < 2; ++i) REQUIRE(bench.ingress().open_to_all(target.instance.context, true));
  REQUIRE(bench.request(any, {}, protobuf_body()).kind == Kind::accepted);
  CHECK(bench.bus.commands().size() == 3);
}

TEST_CASE("slot ingress: a mapping for another number of slots is refused and told",
          "[contract][slots]") {
  IngressBench bench;
  const auto target = target_in(bench);
  const auto wrong = (target.slot + 1) % slots_default;
  REQUIRE(bench.ingress().open(target.instance.context, wrong));
  CHECK(bench.conditions().all().empty());
  const auto refused = bench.request(target.subject(wrong), {}, protobuf_body());
  CHECK(refused.kind == Kind::rejected);
  CHECK(refused.code == 503);
  CHECK_THAT(refused.text, ContainsSubstring("mapping is for another number of slots"));
  CHECK(bench.bus.commands().empty());
  CHECK_THAT(bench.conditions().sentence(condition::slots_misrouted, bench.context),
             ContainsSubstring("deploy/nats"));
}

TEST_CASE("slot owners: a command arrives at its owner as it was, and the answer comes back",
          "[contract][slots]") {
  IngressBench bench;
  const auto target = target_in(bench);
  REQUIRE(bench.ingress().open(target.instance.context, target.slot));
  nats::RequestSlotOwners owners(bench.client());
  bench.bus.outcome = Accepted{.first_version = 4,
                               .last_version = 5,
                               .stream = "EVT_SHOP",
                               .sequence = 9,
                               .duplicate = true};
  const auto outcome = outcome_of(owners, target, place_command(target));
  const auto& accepted = std::get<Accepted>(outcome);
  CHECK(accepted.first_version == 4);
  CHECK(accepted.last_version == 5);
  CHECK(accepted.stream == "EVT_SHOP");
  CHECK(accepted.sequence == 9);
  CHECK(accepted.duplicate);

  REQUIRE(bench.bus.commands().size() == 1);
  const auto arrived = bench.bus.commands().front();
  const auto sent = place_command(target);
  CHECK(arrived.id == sent.id);
  CHECK(arrived.type == sent.type);
  CHECK(arrived.issued_at == sent.issued_at);
  CHECK(arrived.expected_version == sent.expected_version);
  CHECK(arrived.correlation_id == sent.correlation_id);
  CHECK(arrived.causation_id == sent.causation_id);
  CHECK(dynamic_cast<const v1::CommandReply&>(*arrived.body).stream() == "s");

  bench.bus.outcome =
      Rejected{RejectionCode::refused, "PlaceOrder is refused", "stock.out_of_stock", 7};
  const auto refused = std::get<Rejected>(outcome_of(owners, target, place_command(target)));
  CHECK(refused.code == RejectionCode::refused);
  CHECK(refused.text == "PlaceOrder is refused");
  CHECK(refused.reason == "stock.out_of_stock");
  CHECK(refused.decided_at == 7);

  bench.bus.outcome = Unknown{"nobody knows"};
  CHECK(std::holds_alternative<Unknown>(outcome_of(owners, target, place_command(target))));
}

TEST_CASE("slot owners: a slot without an owner is a 503 at once, a silent owner is unknown",
          "[contract][slots]") {
  IngressBench bench;
  const auto target = target_in(bench);
  nats::RequestSlotOwners owners(bench.client());
  const auto nobody = std::get<Rejected>(outcome_of(owners, target, place_command(target)));
  CHECK(nobody.code == RejectionCode::unavailable);
  CHECK_THAT(nobody.text, ContainsSubstring("has no owner just now"));

  REQUIRE(bench.ingress().open(target.instance.context, target.slot));
  bench.bus.holds = true;
  auto impatient = place_command(target);
  impatient.deadline = std::chrono::steady_clock::now() + 200ms;
  CHECK(std::holds_alternative<Unknown>(outcome_of(owners, target, std::move(impatient))));
  auto late = place_command(target);
  late.deadline = std::chrono::steady_clock::now() - 1ms;
  CHECK(std::get<Rejected>(outcome_of(owners, target, std::move(late))).code
        == RejectionCode::unavailable);
  bench.bus.answer_held();
}
