// Which Redis addresses are understood.
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/redis/redis_options.hpp"

using namespace troupe::redis;

TEST_CASE("a Redis address names host, port and database", "[redis]") {
  const auto full = parse_redis_url("redis://cache.example:6380/2").value();
  CHECK(full.host == "cache.example");
  CHECK(full.port == 6380);
  CHECK(full.database == 2);
}

TEST_CASE("port and database of a Redis address have defaults", "[redis]") {
  const auto url = GENERATE(as<std::string>{}, "redis://localhost", "redis://localhost/",
                            "redis://localhost:6379", "redis://localhost:6379/0");
  const auto options = parse_redis_url(url).value();
  CHECK(options.host == "localhost");
  CHECK(options.port == 6379);
  CHECK(options.database == 0);
}

TEST_CASE("an IPv6 address stands in brackets", "[redis]") {
  const auto options = parse_redis_url("redis://[::1]:7000/1").value();
  CHECK(options.host == "::1");
  CHECK(options.port == 7000);
  CHECK(options.database == 1);
}

TEST_CASE("a bad Redis address is refused with what is wrong and how to write it", "[redis]") {
  const auto [url, why] = GENERATE(table<std::string, std::string>({
      {"localhost:6379", "does not start with redis://"},
      {"http://localhost:6379", "does not start with redis://"},
      {"", "does not start with redis://"},
      {"redis://", "names no host"},
      {"redis://:6379", "names no host"},
      {"redis://localhost:", "port"},
      {"redis://localhost:0", "port"},
      {"redis://localhost:65536", "port"},
      {"redis://localhost:abc", "port"},
      {"redis://localhost:6379/one", "database"},
      {"redis://localhost:6379/1/2", "database"},
  }));
  const auto parsed = parse_redis_url(url);
  REQUIRE_FALSE(parsed);
  CHECK_FALSE(parsed.error().retryable);
  CHECK(parsed.error().what.find(why) != std::string::npos);
  CHECK(parsed.error().what.find("redis://<host>") != std::string::npos);
}

TEST_CASE("a login in a Redis address is taken, and is no part of what is printed", "[redis]") {
  const auto options = parse_redis_url("redis://shop:hunter%402@localhost:7000/1").value();
  CHECK(options.host == "localhost");
  CHECK(options.login.user == "shop");
  CHECK(password_of(options) == "hunter@2");
  CHECK(address_of(options) == "localhost:7000");
  CHECK(password_of(parse_redis_url("redis://:hunter2@localhost").value()) == "hunter2");
  CHECK(password_of(parse_redis_url("redis://localhost").value()) == "");
}

TEST_CASE("a Redis login that is not whole or not clear is refused, without its secret",
          "[redis]") {
  const auto refused = [](std::string_view url, const RedisLogin& login) {
    const auto parsed = parse_redis_url(url, login);
    REQUIRE_FALSE(parsed);
    CHECK_FALSE(parsed.error().retryable);
    CHECK(parsed.error().what.find("hunter2") == std::string::npos);
    return parsed.error().what;
  };
  CHECK(refused("redis://hunter2@h", {}).find(":<password>@") != std::string::npos);
  CHECK(refused("redis://h", {.user = "shop"}).find("redis.password_file") != std::string::npos);
  CHECK(refused("redis://:hunter2@h", {.user = "shop", .password_file = "f"}).find("one way")
        != std::string::npos);
  CHECK(refused("redis://h", {.password_file = "/no/such"}).find("/no/such") != std::string::npos);
  CHECK(refused("redis://:hunter2@h:x", {}).find("port") != std::string::npos);
  CHECK(refused("http://:hunter2@h", {}).find("***@") != std::string::npos);
}

TEST_CASE("TLS to Redis is refused as not possible yet", "[redis]") {
  const auto parsed = parse_redis_url("rediss://:hunter2@localhost");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().what.find("TLS") != std::string::npos);
  CHECK(parsed.error().what.find("hunter2") == std::string::npos);
}
