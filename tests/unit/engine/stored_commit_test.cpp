// What is a commit and what is not, as everybody who reads the log sees it.
#include "runtime/engine/history/stored_commit.hpp"

#include <functional>

#include <catch2/catch_all.hpp>

#include "runtime/ports/identity.hpp"

namespace troupe::engine {

namespace {

using Catch::Matchers::ContainsSubstring;

v1::Commit sound() {
  v1::Commit commit;
  commit.set_context("ordering");
  commit.set_aggregate("order");
  commit.set_id("o-1");
  commit.set_first_version(7);
  commit.set_command_id("c-1");
  commit.set_correlation_id("a journey's");
  commit.set_correlation_id("journey");
  commit.set_causation_id("evt.payments.payment.p-1@3");
  commit.mutable_committed_at()->set_seconds(1'790'000'000);
  commit.add_events()->set_type_url("type.googleapis.com/nobody.v1.KnowsThis");
  return commit;
}

Result<ReadCommit> read(const v1::Commit& commit,
                        std::string_view subject = "evt.ordering.order.o-1") {
  return read_commit({12, StoredSubject(subject), commit.SerializeAsString()});
}

}  // namespace

TEST_CASE("what a node has recorded is a commit, whatever its events are", "[engine][poison]") {
  const auto found = read(sound());
  REQUIRE(found);
  CHECK(found->instance.id.str() == "o-1");
  CHECK(found->commit.first_version() == 7);
}

TEST_CASE("what could not be counted with, or is not its subject's, is no commit",
          "[engine][poison]") {
  const auto [change, why] = GENERATE(table<std::function<void(v1::Commit&)>, std::string>(
      {{[](auto& c) { c.set_context(""); }, "names no instance"},
       {[](auto& c) { c.set_aggregate("or der"); }, "names no instance"},
       {[](auto& c) { c.set_id(std::string(65, 'x')); }, "names no instance"},
       {[](auto& c) { c.set_id("o-2"); }, "belongs to another instance"},
       {[](auto& c) { c.set_context("payments"); }, "belongs to another instance"},
       {[](auto& c) { c.clear_events(); }, "no event"},
       {[](auto& c) { c.set_first_version(0); }, "first version is 0"},
       {[](auto& c) { c.set_first_version(UINT64_MAX); }, "first version"},
       {[](auto& c) { c.mutable_issued_at()->set_seconds(253'402'300'800); }, "calendar"},
       {[](auto& c) { c.mutable_committed_at()->set_nanos(1'000'000'000); }, "calendar"},
       {[](auto& c) { c.set_correlation_id("two words"); }, "correlation id"},
       {[](auto& c) { c.set_causation_id("\n"); }, "causation id"},
       {[](auto& c) { c.set_traceparent(std::string(257, '0')); }, "traceparent"}}));
  auto commit = sound();
  change(commit);
  const auto found = read(commit);
  REQUIRE_FALSE(found);
  CHECK_FALSE(found.error().retryable);
  CHECK_THAT(found.error().what, ContainsSubstring(why));
}

TEST_CASE("a subject that is no instance's holds no commit", "[engine][poison]") {
  const auto subject = GENERATE(as<std::string>{}, "evt.ordering.order.a$b", "evt.ordering.order",
                                "evt.ordering.order.o-1.more", "cmd.ordering.order.o-1", "");
  const auto found = read(sound(), subject);
  REQUIRE_FALSE(found);
  CHECK_THAT(found.error().what, ContainsSubstring("subject"));
}

TEST_CASE("bytes that make no sense are no commit", "[engine][poison]") {
  for (const std::string bytes : {"\xff", "hello", "{\"context\":\"ordering\"}"})
    CHECK_FALSE(read_commit({1, StoredSubject("evt.ordering.order.o-1"), bytes}));
}

TEST_CASE("a reader passes over what was decided, and tells where poison is and what to do",
          "[engine][poison]") {
  SkipList skips;
  const CommitReader reader(skips, *Token::parse("ordering"));
  const StoredCommit poison{12, StoredSubject("evt.ordering.order.\x01"), "x"};
  const auto before = reader.read(poison);
  REQUIRE_FALSE(before);
  CHECK_THAT(before.error().what, ContainsSubstring("sequence 12 of EVT_ORDERING")
                                      && ContainsSubstring("evt.ordering.order.%01")
                                      && ContainsSubstring("skip --context ordering"));
  Skip skip;
  skip.stream = "EVT_ORDERING";
  skip.sequence = 12;
  skip.hash = sha256("x");
  CHECK(skips.add(skip));
  CHECK_FALSE(skips.add(skip));
  const auto after = reader.read(poison);
  REQUIRE(after);
  CHECK_FALSE(*after);
  CHECK_FALSE(reader.read({12, poison.subject, "y"}));
  CHECK_FALSE(reader.read({13, poison.subject, "x"}));
}

}  // namespace troupe::engine
