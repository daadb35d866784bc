// What streams hold beside commits is what JetStream says.
#include "runtime/check/run/jetstream_records.hpp"

#include <future>

#include <catch2/catch_all.hpp>

#include "runtime/nats/jetstream/api.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

Token token(std::string_view text) { return Token::parse(text).value(); }

Subject order(const OnJetStream& backend, const std::string& id) {
  return Subject::events({backend.context(), token("order"), token(id)});
}

/// Appends one commit after the other.
void append(OnJetStream& backend, const Subject& subject, std::size_t commits) {
  std::uint64_t last = 0;
  while (commits > 0) {
    const auto now = std::min(commits, EventLog::append_commits_max);
    std::promise<AppendResult> done;
    backend.log().append(subject, last, std::vector<std::string>(now, "a commit"),
                         [&](AppendResult result) { done.set_value(std::move(result)); });
    const auto result = done.get_future().get();
    REQUIRE(result.outcome == AppendResult::Outcome::acknowledged);
    last = result.sequence;
    commits -= now;
  }
}

void publish(OnJetStream& backend, const std::string& subject, const nats::Headers& headers) {
  const auto reply = backend.connection().request_and_wait(subject, headers, "a stranger's", 5s);
  REQUIRE(nats::read_api_reply("publishing", reply));
}

}  // namespace

TEST_CASE("records: an empty stream has an age and no headers", "[contract][check]") {
  OnJetStream backend;
  check::JetStreamRecords source(backend.connection());
  const auto facts = source.facts(backend.context()).value();
  CHECK(facts.created.seconds() > 0);
  CHECK(facts.first_sequence <= 1);
  CHECK(facts.headers.empty());
}

TEST_CASE("records: every message's headers are counted, over several pulls", "[contract][check]") {
  OnJetStream backend;
  check::JetStreamRecords source(backend.connection());
  const std::size_t commits = GENERATE(1'999u, 2'000u, 2'001u, 4'000u);
  append(backend, order(backend, "o-1"), commits);
  publish(backend, order(backend, "o-2").str(), {{"X-Strange", "1"}});
  const auto facts = source.facts(backend.context()).value();
  CHECK(facts.headers.at("X-Strange").messages == 1);
  CHECK(facts.headers.at("X-Strange").sequences == std::vector<std::uint64_t>{commits + 1});
  CHECK_FALSE(facts.headers.contains("Nats-Msg-Size"));
}

TEST_CASE("records: stream CTL is read whole and in order", "[contract][check]") {
  OnJetStream backend;
  check::JetStreamRecords source(backend.connection());
  const auto before = source.control().value().size();
  const auto mine = "ctl." + backend.context().str() + ".1";
  publish(backend, mine, {});
  publish(backend, mine, {});
  const auto records = source.control().value();
  REQUIRE(records.size() == before + 2);
  CHECK(records.back().subject == mine);
  CHECK(records.back().bytes == "a stranger's");
  CHECK(records.back().sequence == records[before].sequence + 1);
}
