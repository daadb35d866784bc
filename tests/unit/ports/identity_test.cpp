// Hashes and derived ids: stable for ever, different when any part differs.
#include "runtime/ports/identity.hpp"

#include <set>

#include <catch2/catch_all.hpp>

#include <troupe/token.hpp>
#include "troupe/v1/records.pb.h"

namespace {

using troupe::AskedBy;

const AskedBy asked{.consumer = "inventory-from-ordering",
                    .source_subject = "evt.ordering.order.o-1",
                    .version = 1,
                    .reaction = "stock-asks",
                    .target = "evt.inventory.stock.mug",
                    .command_type = "ReserveStock",
                    .ordinal = 0};

TEST_CASE("SHA-256 is the published one", "[identity]") {
  CHECK(troupe::to_hex(troupe::sha256("abc"))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("an asked command's id is a token and never changes", "[identity]") {
  CHECK(troupe::is_token(troupe::asked_command_id(asked)));
  // Stored commits carry ids made by this function: another result would repeat their commands.
  CHECK(troupe::asked_command_id(asked) == "c5b80a51beac2f81991a094eebcba3c7");
}

TEST_CASE("every part of what asked makes another command id", "[identity]") {
  std::set<std::string> ids{troupe::asked_command_id(asked)};
  const auto with = [&](auto change) {
    AskedBy other = asked;
    change(other);
    ids.insert(troupe::asked_command_id(other));
  };
  with([](AskedBy& a) { a.consumer = "other"; });
  with([](AskedBy& a) { a.source_subject = "evt.ordering.order.o-2"; });
  with([](AskedBy& a) { a.version = 2; });
  with([](AskedBy& a) { a.reaction = "other"; });
  with([](AskedBy& a) { a.target = "evt.inventory.stock.jug"; });
  with([](AskedBy& a) { a.command_type = "ShipStock"; });
  with([](AskedBy& a) { a.ordinal = 1; });
  CHECK(ids.size() == 8);
}

TEST_CASE("a command's hash covers its type and its body", "[identity]") {
  troupe::v1::RememberedCommand body;
  body.set_command_id("c-1");
  const auto hash = troupe::command_hash("A", body);
  CHECK(hash.size() == 32);
  CHECK(hash == troupe::command_hash("A", body));
  CHECK(hash != troupe::command_hash("B", body));
  body.set_command_id("c-2");
  CHECK(hash != troupe::command_hash("A", body));
}

TEST_CASE("random ids are tokens and differ", "[identity]") {
  CHECK(troupe::is_token(troupe::random_id()));
  CHECK(troupe::random_id() != troupe::random_id());
}

}  // namespace
