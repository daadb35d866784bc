// Names, subjects, stream names and slots of the wire contract.
#include "runtime/ports/subject.hpp"

#include <catch2/catch_all.hpp>

#include "tests/support/slot_table.hpp"

namespace {

using troupe::Instance;
using troupe::is_token;
using troupe::Subject;
using troupe::Token;

Token token(std::string_view text) { return *Token::parse(text); }
Instance order(std::string_view id) { return {token("ordering"), token("order"), token(id)}; }

TEST_CASE("a token is 1 to 64 of letters, digits, underscore and hyphen", "[token]") {
  CHECK(is_token("o-1_Z"));
  CHECK(is_token(std::string(64, 'x')));
  for (const std::string bad :
       {"", "a.b", "a b", "*", ">", "a\r\nPUB x 0", "gr\u00f6\u00dfe", "$JS", "a\tb"}) {
    INFO(bad);
    CHECK_FALSE(Token::parse(bad));
  }
  CHECK_FALSE(Token::parse(std::string(65, 'x')));
  CHECK_FALSE(Token::parse(std::string_view("a\0b", 3)));
}

TEST_CASE("subjects are those of the wire contract", "[subject]") {
  CHECK(Subject::events(order("o-1")).str() == "evt.ordering.order.o-1");
  CHECK(Subject::command(order("o-1"), token("PlaceOrder")).str()
        == "cmd.ordering.order.o-1.PlaceOrder");
  CHECK(Subject::query(token("ordering"), token("GetOrder")).str() == "qry.ordering.GetOrder");
  CHECK(Subject::timer_armed(order("o-1"), token("deadline")).str()
        == "tmr.ordering.armed.order.o-1.deadline");
  CHECK(Subject::timer_fired(order("o-1"), token("deadline")).str()
        == "tmr.ordering.fired.order.o-1.deadline");
}

TEST_CASE("only legal tokens between single dots parse as a subject", "[subject]") {
  CHECK(Subject::parse("evt.ordering.order.o-1"));
  for (const auto* bad : {"", ".", "a..b", "a.", ".a", "a.*", "a.>", "a b.c"}) {
    INFO(bad);
    CHECK_FALSE(Subject::parse(bad));
  }
}

TEST_CASE("an event subject gives its instance back", "[subject]") {
  CHECK(troupe::instance_of(Subject::events(order("o-1"))) == order("o-1"));
  CHECK_FALSE(troupe::instance_of(*Subject::parse("cmd.ordering.order.o-1")));
  CHECK_FALSE(troupe::instance_of(*Subject::parse("evt.ordering.order")));
}

TEST_CASE("stream names are upper case and hold no hyphen", "[subject]") {
  CHECK(troupe::stream_name(troupe::StreamKind::events, token("ordering")) == "EVT_ORDERING");
  CHECK(troupe::stream_name(troupe::StreamKind::timers, token("back-office")) == "TMR_BACK_OFFICE");
  CHECK(troupe::stream_name(troupe::StreamKind::parked, token("ordering")) == "DLQ_ORDERING");
}

TEST_CASE("the slot is FNV-1a-32 of context, aggregate and id", "[subject]") {
  // The published test vector: FNV-1a-32 of "foobar" is 0xbf9cf968.
  const Instance foobar{token("foo"), token("ba"), token("r")};
  CHECK(troupe::slot_of(foobar, 0xffffffffU) == 0xbf9cf968U);
  CHECK(troupe::slot_of(foobar, 64) == 0xbf9cf968U % 64);
}

TEST_CASE("the slot is where NATS's partition function puts the instance", "[subject]") {
  // The table is checked against a real server by tests/contract/slot_mapping_test.cpp.
  for (const auto& [instance, slot] : troupe::test::slot_table()) {
    INFO(Subject::events(instance).str());
    CHECK(troupe::slot_of(instance, 64) == slot);
  }
}

}  // namespace
