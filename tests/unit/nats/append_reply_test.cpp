// What JetStream's answers to an append mean.
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/nats/log/append_reply.hpp"

using namespace troupe;
using Outcome = AppendResult::Outcome;
using Status = nats::Reply::Status;

namespace {

AppendResult read(const std::string& body) {
  // A message cannot be freed before the library is open, which a connection does otherwise.
  static const natsStatus opened = nats_Open(-1);
  REQUIRE(opened == NATS_OK);
  natsMsg* message = nullptr;
  REQUIRE(natsMsg_Create(&message, "inbox", nullptr, body.data(), static_cast<int>(body.size()))
          == NATS_OK);
  return nats::read_append_reply("EVT_ORDERING",
                                 {nats::Reply::Status::answered, nats::Received(message)});
}

AppendResult ended(int code, int err_code, const std::string& description) {
  return read(R"({"error":{"code":)" + std::to_string(code) + R"(,"err_code":)"
              + std::to_string(err_code) + R"(,"description":")" + description
              + R"("},"stream":"EVT_ORDERING","seq":0})");
}
AppendResult refused(int err_code, const std::string& description) {
  return ended(400, err_code, description);
}
AppendResult failed(int err_code, const std::string& description) {
  return ended(503, err_code, description);
}

}  // namespace

TEST_CASE("an append that JetStream acknowledges has the sequence of its last commit", "[nats]") {
  const auto single = read(R"({"stream":"EVT_ORDERING","seq":8})");
  CHECK(single.outcome == Outcome::acknowledged);
  CHECK(single.sequence == 8);
  const auto batch = read(R"({"stream":"EVT_ORDERING","seq":12,"batch":"b","count":3})");
  CHECK(batch.outcome == Outcome::acknowledged);
  CHECK(batch.sequence == 12);
}

TEST_CASE("an append at a wrong sequence is a conflict that names the actual one", "[nats]") {
  const auto conflict = refused(10071, "wrong last sequence: 7");
  CHECK(conflict.outcome == Outcome::conflict);
  CHECK(conflict.sequence == 7);
}

TEST_CASE("an append that meets another in flight is a conflict without a sequence", "[nats]") {
  const int err_code = GENERATE(10164, 10158, 10201);
  const auto conflict = refused(err_code, "wrong last sequence");
  CHECK(conflict.outcome == Outcome::conflict);
  CHECK(conflict.sequence == 0);
}

TEST_CASE("an append that JetStream will never take is refused in its words", "[nats]") {
  const int err_code = GENERATE(10054, 10097, 10109, 10002, 10199, 99999);
  const auto answer = refused(err_code, "some reason");
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.too_large == (err_code == 10054 || err_code == 10097));
  CHECK_THAT(answer.detail, Catch::Matchers::ContainsSubstring("some reason"));
}

TEST_CASE("an append that meets a bound of the stream or the server is refused", "[nats]") {
  CHECK(failed(10077, "maximum messages exceeded").outcome == Outcome::refused);
  CHECK(failed(10077, "maximum bytes exceeded").outcome == Outcome::refused);
  CHECK(failed(10077, "maximum messages per subject exceeded").outcome == Outcome::refused);
  CHECK(failed(10077, "message too large").too_large);
  CHECK(failed(10023, "insufficient resources").outcome == Outcome::refused);
  const auto too_large = nats::read_append_reply("EVT_ORDERING", {Status::too_large, {}});
  CHECK(too_large.outcome == Outcome::refused);
  CHECK(too_large.too_large);
}

TEST_CASE("every other failure of an append leaves it unknown and says why", "[nats]") {
  const int err_code = GENERATE(10008, 10077, 10167, 10176, 10210, 99999);
  const auto unknown = failed(err_code, "some reason");
  CHECK(unknown.outcome == Outcome::unknown);
  CHECK_THAT(unknown.detail, Catch::Matchers::ContainsSubstring("some reason"));
}

TEST_CASE("an append without a readable answer is unknown", "[nats]") {
  CHECK(read("").outcome == Outcome::unknown);
  CHECK(read("+OK").outcome == Outcome::unknown);
  CHECK(read("{}").outcome == Outcome::unknown);
  CHECK(read(R"({"stream":"EVT_ORDERING"})").outcome == Outcome::unknown);
  for (const auto status :
       {Status::no_responders, Status::not_sent, Status::timed_out, Status::disconnected}) {
    const auto result = nats::read_append_reply("EVT_ORDERING", {status, {}});
    CHECK(result.outcome == Outcome::unknown);
    CHECK_FALSE(result.detail.empty());
  }
}

TEST_CASE("an acknowledgement that is not of this stream, or of a repeat, is no acknowledgement",
          "[nats]") {
  CHECK(read(R"({"stream":"OTHER","seq":8})").outcome == Outcome::unknown);
  CHECK(read(R"({"stream":"EVT_ORDERING","seq":8,"duplicate":true})").outcome == Outcome::unknown);
}
