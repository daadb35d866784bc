// kill -9 in the middle of a run: every order ends and nothing is violated all the same.
#include <csignal>
#include <filesystem>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "runtime/nats/client/connection.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tools/servers/temp_folder.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using troupe::nats::Connection;
using troupe::test::eventually;

/// run.json of a demo, null while there is none.
json run_file(const std::filesystem::path& folder) {
  return json::parse(troupe::test::read_file(folder / "run.json"), nullptr, false);
}

pid_t pid_of(const std::filesystem::path& folder, const std::string& part) {
  const auto run = run_file(folder);
  return run.is_object() ? run.value(json::json_pointer("/" + part + "/pid"), 0) : 0;
}

/// Commits of the ordering context so far, 0 while nobody answers.
std::uint64_t orders_recorded(const std::filesystem::path& folder) {
  const auto run = run_file(folder);
  if (!run.is_object()) return 0;
  const auto connection =
      Connection::open({.url = run.at("nats").at("url").get<std::string>(), .name = "test"});
  if (!connection) return 0;
  const auto reply =
      (*connection)->request_and_wait("$JS.API.STREAM.INFO.EVT_ORDERING", {}, "", 2s);
  if (reply.status != troupe::nats::Reply::Status::answered) return 0;
  const auto info = json::parse(reply.message.body(), nullptr, false);
  return info.value(json::json_pointer("/state/messages"), std::uint64_t{0});
}

TEST_CASE("a process killed in the middle of a run costs no order", "[e2e][kill]") {
  const std::string part = GENERATE(as<std::string>{}, "node", "nats", "redis", "gateway");
  INFO("killed: " << part);
  constexpr int orders = 600;
  const troupe::tool::TempFolder outputs("troupe-kill-outputs");
  const troupe::tool::TempFolder folder("troupe-kill-run");
  troupe::test::Running demo(
      {"demo", "--count", std::to_string(orders), "--json", "--dir", folder.path().string()},
      outputs.path());
  REQUIRE(
      eventually(60s, [&] { return demo.ended() || orders_recorded(folder.path()) > orders / 2; }));
  REQUIRE_FALSE(demo.ended());
  const auto killed = pid_of(folder.path(), part);
  REQUIRE(killed > 0);
  REQUIRE(kill(killed, SIGKILL) == 0);
  REQUIRE(eventually(60s, [&] {
    const auto now = pid_of(folder.path(), part);
    return demo.ended() || (now > 0 && now != killed);
  }));
  REQUIRE_FALSE(demo.ended());  // it was really in the middle

  const auto ran = demo.finish(240s);
  INFO(ran.err << ran.out);
  REQUIRE(ran.code == 0);
  const auto result = json::parse(ran.out);
  CHECK(result.at("orders").at("placed") == orders);
  CHECK(result.at("orders").at("placed")
        == result.at("orders").at("confirmed").get<int>()
               + result.at("orders").at("cancelled").get<int>());
  CHECK(result.at("violations").empty());
  for (const auto& gap : result.at("not_checked")) CHECK(gap.at("invariant") == "I24");
}

}  // namespace
