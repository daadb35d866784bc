// What parked events promise, in memory and in JetStream.
#include <algorithm>
#include <future>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "tests/contract/parked_records.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using Strings = std::vector<std::string>;

Token token(std::string_view text) { return Token::parse(text).value(); }

Subject order(std::string_view id) {
  return Subject::events({token("ordering"), token("order"), token(id)});
}

Result<void> park(ParkedEvents& parked, const Token& context, std::string_view consumer,
                  const Subject& source, std::string record) {
  std::promise<Result<void>> done;
  parked.park(context, token(consumer), source, std::move(record),
              [&](Result<void> result) { done.set_value(std::move(result)); });
  return done.get_future().get();
}

Strings records(ParkedEvents& parked, const Token& context, std::string_view consumer) {
  Strings all;
  for (const auto& one : all_parked(parked, context, token(consumer))) all.push_back(one.record);
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("parked events: a consumer's are listed in the order they were parked",
                   "[contract][parked]", InMemory, OnJetStream) {
  TestType backend;
  auto& parked = backend.parked();
  const Token context = backend.context();
  CHECK(records(parked, context, "a-from-b").empty());
  REQUIRE(park(parked, context, "a-from-b", order("o-1"), "1"));
  REQUIRE(park(parked, context, "a-from-b", order("o-2"), "2"));
  REQUIRE(park(parked, context, "other", order("o-1"), "of another consumer"));
  REQUIRE(park(parked, context, "a-from-b", order("o-1"), "3"));
  CHECK(records(parked, context, "a-from-b") == Strings{"1", "2", "3"});
  CHECK(records(parked, context, "other") == Strings{"of another consumer"});

  const auto listed = all_parked(parked, context, token("a-from-b"));
  CHECK(listed[0].sequence < listed[1].sequence);
  CHECK(listed[1].sequence < listed[2].sequence);
}

TEMPLATE_TEST_CASE("parked events: a removed one is gone, and removing it again succeeds",
                   "[contract][parked]", InMemory, OnJetStream) {
  TestType backend;
  auto& parked = backend.parked();
  const Token context = backend.context();
  for (const auto* record : {"1", "2", "3"})
    REQUIRE(park(parked, context, "c", order("o-1"), record));
  const auto listed = all_parked(parked, context, token("c"));
  REQUIRE(parked.remove(context, listed[1].sequence));
  CHECK(records(parked, context, "c") == Strings{"1", "3"});
  CHECK(parked.remove(context, listed[1].sequence));
  REQUIRE(parked.remove(context, listed[0].sequence));
  REQUIRE(parked.remove(context, listed[2].sequence));
  CHECK(parked.remove(context, listed[2].sequence));
  CHECK(records(parked, context, "c").empty());
}

TEMPLATE_TEST_CASE("parked events: a record is any bytes, also none", "[contract][parked]",
                   InMemory, OnJetStream) {
  TestType backend;
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  for (const auto& record : {every_byte, std::string(), every_byte + "x", every_byte + "xy"})
    REQUIRE(park(backend.parked(), backend.context(), "c", order("o-1"), record));
  CHECK(records(backend.parked(), backend.context(), "c")
        == Strings{every_byte, "", every_byte + "x", every_byte + "xy"});
}

TEST_CASE("parked events on JetStream: no stream is a failure, not an empty list",
          "[contract][parked]") {
  OnJetStream backend;
  const Token nowhere = token("nosuchcontext");
  CHECK_FALSE(backend.parked().sources(nowhere, token("c")));
  CHECK_FALSE(next_parked(backend.parked(), nowhere, token("c"), order("o-1").str(), 0));
  CHECK_FALSE(backend.parked().remove(nowhere, 1));
  CHECK_FALSE(park(backend.parked(), nowhere, "c", order("o-1"), "x"));
}

TEST_CASE("parked events on JetStream: any number of instances' can be found",
          "[contract][parked]") {
  OnJetStream backend;
  constexpr std::size_t instances = 120'000;  // more than the server names at a time
  const auto consumer = token("c");
  const auto subject = [&](std::size_t i) {
    return parked_subject(backend.context(), consumer, order("o-" + std::to_string(i))).str();
  };
  for (std::size_t i = 0; i < instances; ++i) {
    REQUIRE(backend.connection().publish(subject(i), {}, "record"));
    if (i % 10'000 == 0) REQUIRE(backend.connection().flush(std::chrono::seconds(10)));
  }
  REQUIRE(backend.connection().flush(std::chrono::seconds(10)));
  REQUIRE(eventually(std::chrono::seconds(30), [&] {
    return backend.parked().sources(backend.context(), consumer).value().size() == instances;
  }));
  auto sources = backend.parked().sources(backend.context(), consumer).value();
  std::ranges::sort(sources);
  CHECK(std::ranges::adjacent_find(sources) == sources.end());
  CHECK(std::ranges::binary_search(sources, order("o-119999").str()));
  const auto found =
      next_parked(backend.parked(), backend.context(), consumer, order("o-119999").str(), 0);
  CHECK(found.value()->record == "record");
}
