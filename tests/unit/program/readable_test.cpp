// Stored commits as people read them.
#include "runtime/program/readable.hpp"

#include <google/protobuf/util/time_util.h>
#include <catch2/catch_all.hpp>

#include "actors/all.hpp"
#include "ordering/v1/commands.pb.h"
#include "ordering/v1/events.pb.h"
#include "ordering/v1/state.pb.h"
#include "runtime/ports/identity.hpp"
#include "runtime/program/fold.hpp"
#include "runtime/program/request_body.hpp"

namespace {

using namespace troupe::program;
using Catch::Matchers::ContainsSubstring;

troupe::v1::Commit commit(std::uint64_t first_version, const google::protobuf::Message& event,
                          const std::string& committed_at = "2026-05-04T14:00:00Z") {
  troupe::v1::Commit made;
  made.set_context("ordering");
  made.set_aggregate("order");
  made.set_id("o-1");
  made.set_first_version(first_version);
  made.set_command_id("c-1");
  made.set_command_type("PlaceOrder");
  google::protobuf::util::TimeUtil::FromString(committed_at, made.mutable_committed_at());
  made.add_events()->PackFrom(event);
  return made;
}

ordering::v1::OrderPlaced placed() {
  ordering::v1::OrderPlaced event;
  event.set_customer_id("17850");
  event.set_currency("GBP");
  event.set_total_minor(500);
  return event;
}

troupe::StoredCommit stored(std::uint64_t sequence, const troupe::v1::Commit& made) {
  return {.sequence = sequence,
          .subject = *troupe::Subject::parse("evt.ordering.order.o-1"),
          .bytes = made.SerializeAsString()};
}

const troupe::AggregateModel& order_model() {
  static const auto contexts = all_contexts();
  return *contexts.at(0).aggregate("order");
}

troupe::Result<Folded> folded(const std::vector<troupe::StoredCommit>& history,
                              const std::optional<google::protobuf::Timestamp>& until = {}) {
  static const troupe::engine::SkipList none;
  static const troupe::engine::CommitReader reader(none, *troupe::Token::parse("ordering"));
  return fold_instance(order_model(), reader, history, until);
}

TEST_CASE("a commit that cannot be printed is shown all the same", "[decode]") {
  google::protobuf::Any deep;
  deep.PackFrom(placed());
  for (int i = 0; i < 5'000; ++i) {
    google::protobuf::Any outer;
    outer.PackFrom(deep);
    deep = std::move(outer);
  }
  auto made = commit(1, deep);
  made.mutable_committed_at()->set_seconds(INT64_MAX);
  made.mutable_issued_at()->set_nanos(INT32_MIN);
  auto late = placed();
  late.mutable_deadline()->set_seconds(9'007'199'254'740);
  made.add_events()->PackFrom(late);
  made.add_events()->set_type_url("\x1b[2J");
  troupe::v1::Commit parsed;
  REQUIRE(parsed.ParseFromString(made.SerializeAsString()));
  const auto json = describe_commit(parsed);
  const auto& events = json.at("events");
  CHECK(events.at(0).at("data").contains("unprintable_bytes"));
  CHECK_THAT(events.at(1).at("data").get<std::string>(), ContainsSubstring("9007199254740"));
  CHECK(json.dump().find('\x1b') == std::string::npos);
}

TEST_CASE("a commit is described with its events unpacked", "[decode]") {
  const auto bytes = commit(1, placed()).SerializeAsString();
  const auto parsed = troupe::engine::parse_commit(bytes);
  REQUIRE(parsed);
  const auto json = describe_commit(*parsed);
  CHECK(json.at("id") == "o-1");
  CHECK(json.at("events").at(0).at("type") == "ordering.v1.OrderPlaced");
  CHECK(json.at("events").at(0).at("version") == 1);
  CHECK(json.at("events").at(0).at("data").at("customer_id") == "17850");
}

TEST_CASE("an event of an unknown type is shown as its bytes", "[decode]") {
  auto made = commit(1, placed());
  made.mutable_events(0)->set_type_url("type.googleapis.com/other.v1.Thing");
  const auto json = describe_commit(made);
  CHECK(json.at("events").at(0).contains("unknown_type_bytes"));
}

TEST_CASE("bytes that are no commit are told from one", "[decode]") {
  const auto whole = commit(1, placed()).SerializeAsString();
  CHECK_FALSE(troupe::engine::parse_commit(""));
  CHECK_FALSE(troupe::engine::parse_commit("hello"));
  CHECK_FALSE(troupe::engine::parse_commit("{\"context\": \"ordering\"}"));
  CHECK_FALSE(troupe::engine::parse_commit(std::string(1'000, '\xff')));
  CHECK_FALSE(troupe::engine::parse_commit(std::string_view(whole).substr(0, whole.size() - 3)));
  CHECK_FALSE(troupe::engine::parse_commit(troupe::v1::Commit{}.SerializeAsString()));
}

TEST_CASE("a fold stops where time travel wants it to", "[state]") {
  const auto first = stored(4, commit(1, placed(), "2026-05-04T13:00:00Z"));
  auto second = commit(2, ordering::v1::OrderConfirmed{}, "2026-05-04T15:00:00Z");
  second.set_previous_hash(troupe::sha256(first.bytes));
  const std::vector history{first, stored(9, second)};
  google::protobuf::Timestamp at;
  google::protobuf::util::TimeUtil::FromString("2026-05-04T14:00:00Z", &at);

  const auto then = folded(history, at);
  REQUIRE(then);
  CHECK(then->fold.version() == 1);
  CHECK(to_json(then->fold.state()).at("status") == "ORDER_STATUS_PLACED");
  const auto now = folded(history);
  REQUIRE(now);
  CHECK(now->fold.version() == 2);
  CHECK(to_json(now->fold.state()).at("status") == "ORDER_STATUS_CONFIRMED");
}

TEST_CASE("a history with a gap or a strange event is not folded", "[state]") {
  const auto gap = folded({stored(4, commit(2, placed()))});
  REQUIRE_FALSE(gap);
  CHECK_THAT(gap.error().what, ContainsSubstring("sequence 4 of EVT_ORDERING"));
  const auto strange = folded({stored(5, commit(1, troupe::v1::CommandReply{}))});
  REQUIRE_FALSE(strange);
  CHECK_THAT(strange.error().what, ContainsSubstring("troupe.v1.CommandReply"));
}

TEST_CASE("what a person typed is checked before it is sent", "[send]") {
  const auto* prototype = order_model().commands.at("CancelOrder");
  CHECK(check_body(R"({"reason": "late"})", prototype).empty());
  CHECK_THAT(check_body(R"({"why": "late"})", prototype), ContainsSubstring("CancelOrder"));
  CHECK_FALSE(check_body("{", prototype).empty());
  CHECK(check_body("{}", nullptr).empty());
  CHECK_FALSE(check_body("[1]", nullptr).empty());
  CHECK_FALSE(check_body("nonsense", nullptr).empty());
}

}  // namespace
