// Conditions of a real Redis that pass: whoever meets one is told to try again, and can.
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <catch2/catch_all.hpp>

#include "runtime/redis/check_redis.hpp"
#include "runtime/redis/client.hpp"
#include "tests/support/eventually.hpp"
#include "tools/servers/private_redis.hpp"
#include "tools/servers/temp_folder.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

class Redis {
public:
  Redis() {
    auto started = tool::PrivateRedis::start({.folder = folder_.path()});
    if (!started) throw std::runtime_error(started.error().what);
    server_ = std::move(*started);
    (void)admin_.emplace(options(), 1).call({"PING"});
  }
  redis::RedisOptions options(const std::string& login = "") const {
    return redis::parse_redis_url("redis://" + login + server_->url().substr(8)).value();
  }
  /// An operator's connection, which was there first.
  redis::Client& admin() { return *admin_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

private:
  tool::TempFolder folder_{"troupe-redis-errors"};
  std::unique_ptr<tool::PrivateRedis> server_;
  std::optional<redis::Client> admin_;
};

void check_passes(const Result<redis::Reply>& reply, const std::string& error) {
  REQUIRE_FALSE(reply);
  CHECK(reply.error().retryable);
  CHECK_THAT(reply.error().what, ContainsSubstring(error) && !ContainsSubstring("hunter2"));
}

}  // namespace

TEST_CASE("redis errors: no room for a client passes, at a start, too", "[contract][redis]") {
  Redis redis;
  REQUIRE(redis.admin().call({"CONFIG", "SET", "maxclients", "1"}));
  redis::Client client(redis.options(), 1);
  check_passes(client.call({"PING"}), "max number of clients");
  const auto looked = redis::check_redis(redis.options());
  REQUIRE_FALSE(looked);
  CHECK(looked.error().retryable);
  REQUIRE(redis.admin().call({"CONFIG", "SET", "maxclients", "100"}));
  CHECK(client.call({"PING"}));
  CHECK(redis::check_redis(redis.options()));
}

TEST_CASE("redis errors: a replica, a full and a failing disk pass", "[contract][redis]") {
  Redis redis;
  redis::Client client(redis.options(), 1);
  const auto write = [&] { return client.call({"SET", "a", "1"}); };
  REQUIRE(redis.admin().call({"REPLICAOF", "127.0.0.1", "1"}));
  check_passes(write(), "READONLY");
  CHECK(redis::check_redis(redis.options()));
  REQUIRE(redis.admin().call({"REPLICAOF", "NO", "ONE"}));
  REQUIRE(redis.admin().call({"CONFIG", "SET", "maxmemory", "1"}));
  check_passes(write(), "OOM");
  REQUIRE(redis.admin().call({"CONFIG", "SET", "maxmemory", "0"}));
  REQUIRE(write());
  REQUIRE(redis.admin().call({"CONFIG", "SET", "save", "3600 1"}));
  std::filesystem::remove_all(redis.folder());  // it cannot save any more
  REQUIRE(redis.admin().call({"BGSAVE"}));
  REQUIRE(eventually(10s, [&] { return !write(); }));
  check_passes(write(), "MISCONF");
  REQUIRE(redis.admin().call({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"}));
  CHECK(write());
}

TEST_CASE("redis errors: a script that runs for ever passes when it is ended",
          "[contract][redis]") {
  Redis redis;
  REQUIRE(redis.admin().call({"CONFIG", "SET", "busy-reply-threshold", "1"}));
  auto patient = redis.options();
  patient.timeout = 30s;
  std::thread forever([&] {
    (void)redis::Client(patient, 1).call({"EVAL", "while true do end", "0"});
  });
  redis::Client client(redis.options(), 1);
  Result<redis::Reply> busy = retryable("not tried");
  CHECK(eventually(10s, [&] {
    busy = client.call({"PING"});
    return !busy && busy.error().what.find("BUSY") != std::string::npos;
  }));
  check_passes(busy, "BUSY");
  REQUIRE(client.call({"SCRIPT", "KILL"}));
  forever.join();
  CHECK(client.call({"PING"}));
}

TEST_CASE("redis errors: who may not is told to try again, without a secret", "[contract][redis]") {
  Redis redis;
  auto& admin = redis.admin();
  REQUIRE(admin.call({"ACL", "SETUSER", "reader", "on", ">hunter2", "~*", "+get", "+ping"}));
  redis::Client reader(redis.options("reader:hunter2@"), 1);
  REQUIRE(reader.call({"GET", "a"}));
  check_passes(reader.call({"SET", "a", "1"}), "NOPERM");
  redis::Client wrong(redis.options("reader:hunter22@"), 1);
  check_passes(wrong.call({"GET", "a"}), "refuses the user 'reader': WRONGPASS");
  redis::Client needless(redis.options(":hunter2@"), 1);
  check_passes(needless.call({"GET", "a"}), "without any password configured");

  REQUIRE(admin.call({"CONFIG", "SET", "requirepass", "hunter2"}));
  redis::Client nobody(redis.options(), 1);
  check_passes(nobody.call({"GET", "a"}), "NOAUTH");
  CHECK(needless.call({"GET", "a"}));
}

TEST_CASE("redis errors: a database that is not there is for good", "[contract][redis]") {
  Redis redis;
  auto options = redis.options();
  options.database = 99;
  const auto reply = redis::Client(options, 1).call({"PING"});
  REQUIRE_FALSE(reply);
  CHECK_FALSE(reply.error().retryable);
  CHECK_THAT(reply.error().what, ContainsSubstring("99"));
}
