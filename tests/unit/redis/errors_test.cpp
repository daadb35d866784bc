// Which errors of Redis pass by themselves.
#include "runtime/redis/errors.hpp"

#include <catch2/catch_all.hpp>

using namespace troupe::redis;

TEST_CASE("an error that speaks of the server's condition or of rights passes", "[redis]") {
  for (const auto* error :
       {"LOADING Redis is loading the dataset in memory", "BUSY Redis is busy running a script.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Redis is configured to save RDB snapshots", "READONLY You can't write",
        "NOAUTH Authentication required.", "WRONGPASS invalid username-password pair",
        "NOPERM this user has no permissions", "DENIED Redis is running in protected mode",
        "ERR max number of clients reached", "ERR max number of clients + cluster connections"})
    CHECK(passes(error));
}

TEST_CASE("an error that speaks of the command does not pass", "[redis]") {
  for (const auto* error : {"ERR unknown command", "WRONGTYPE Operation against a key", "ERR", "",
                            "ERR DB index is out of range", "LOADINGS of something"})
    CHECK_FALSE(passes(error));
}
