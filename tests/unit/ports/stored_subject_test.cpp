// Subjects that somebody else wrote: shown, told from legal ones, and parked under legal ones.
#include "runtime/ports/stored_subject.hpp"

#include <catch2/catch_all.hpp>

namespace {

using troupe::shown;
using troupe::StoredSubject;
using troupe::Subject;
using troupe::Token;

Token token(std::string_view text) { return *Token::parse(text); }

std::string parked(std::string_view source) {
  return troupe::parked_subject(token("inventory"), token("inventory-from-ordering"),
                                StoredSubject(source))
      .str();
}

TEST_CASE("what is not printable ASCII is shown in hexadecimal", "[subject]") {
  CHECK(shown("evt.ordering.order.a$b") == "evt.ordering.order.a$b");
  CHECK(shown("a b\r\n\xff") == "a%20b%0d%0a%ff");
  CHECK(shown(shown("a\x01")) == shown("a\x01"));
}

TEST_CASE("only a legal evt subject is an instance's", "[subject]") {
  CHECK(instance_of(StoredSubject("evt.ordering.order.o-1")));
  CHECK(StoredSubject("evt.ordering.order.o-1") == *Subject::parse("evt.ordering.order.o-1"));
  for (const std::string bad : {"evt.ordering.order.a$b", "evt.ordering.order", "evt.a.b.c.d", "",
                                "evt.ordering.order.*", "evt.ordering.order.\x01"})
    CHECK_FALSE(instance_of(StoredSubject(bad)));
}

TEST_CASE("whatever a subject is, there is a legal one to park under", "[subject]") {
  CHECK(parked("evt.ordering.order.o-1")
        == "dlq.inventory.inventory-from-ordering.evt.ordering.order.o-1");
  std::string deep = "a";
  for (int i = 0; i < 15; ++i) deep += ".a";
  for (const std::string& bad :
       {std::string("evt.ordering.order.a$b"), std::string("evt.ordering.>"), std::string("\xff"),
        std::string(), std::string(4'000, 'x'), deep}) {
    INFO(shown(bad));
    CHECK(Subject::parse(parked(bad)));
    CHECK(parked(bad).starts_with("dlq.inventory.inventory-from-ordering.illegal."));
    CHECK(parked(bad).size() < 128);
  }
  CHECK(parked("evt.ordering.order.a$b") != parked("evt.ordering.order.a$c"));
}

}  // namespace
