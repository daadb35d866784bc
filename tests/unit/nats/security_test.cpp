// How addresses, TLS and logins of NATS are put together, before anything is connected.
#include "runtime/nats/client/security.hpp"

#include <fstream>

#include <sys/stat.h>
#include <catch2/catch_all.hpp>

#include "tools/servers/temp_folder.hpp"

namespace {

using Catch::Matchers::ContainsSubstring;
using troupe::nats::access_to;
using troupe::nats::Security;

struct Files {
  troupe::tool::TempFolder folder{"troupe-nats-security"};

  std::string secret(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const auto path = (folder.path() / name).string();
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }
};

std::string objection(std::string_view urls, const Security& security = {}) {
  const auto access = access_to(urls, security);
  REQUIRE_FALSE(access);
  CHECK_FALSE(access.error().retryable);
  return access.error().what;
}

TEST_CASE("addresses of a cluster are taken one by one, without logins", "[nats][security]") {
  const auto access = access_to("nats://u:hunter2@a:4222, b:4223 ,tls://u:hunter2@[::1]:4", {});
  REQUIRE(access);
  CHECK(access->servers
        == std::vector<std::string>{"nats://a:4222", "nats://b:4223", "nats://[::1]:4"});
  CHECK(access->user == "u");
  CHECK(access->password == "hunter2");
  CHECK(access->login);
  CHECK_THAT(access->address, !ContainsSubstring("hunter2"));
  CHECK_THAT(access->who, ContainsSubstring("'u'") && !ContainsSubstring("hunter2"));
}

TEST_CASE("TLS is asked for by tls://, by nats.tls.required, or by any of its files",
          "[nats][security]") {
  const Files files;
  CHECK_FALSE(access_to("nats://a", {})->tls);
  CHECK(access_to("tls://a", {})->tls);
  CHECK(access_to("nats://a,tls://b", {})->tls);
  CHECK(access_to("nats://a", {.tls_required = true})->tls);
  CHECK(access_to("nats://a", {.tls_ca = "ca.pem"})->tls);
  CHECK(access_to("nats://a", {.tls_cert = "c.pem", .tls_key = files.secret("k", "key")})->tls);
}

TEST_CASE("a token is a login, and a name for nobody to see", "[nats][security]") {
  const auto access = access_to("nats://hunter2@a", {});
  REQUIRE(access);
  CHECK(access->user.empty());
  CHECK(access->password == "hunter2");
  CHECK_THAT(access->who + access->address, !ContainsSubstring("hunter2"));
}

TEST_CASE("an address that cannot be meant is refused, without its secret", "[nats][security]") {
  for (const auto* urls :
       {"", ",", "nats://", "ws://u:hunter2@a", "http://a", "nats://u:hunter2@", "nats://a b",
        "nats://a/hunter2@b", "nats://u:hunter2@a,nats://v:x@b", "nats://a\n"})
    CHECK_THAT(objection(urls),
               ContainsSubstring("nats://127.0.0.1:4222") && !ContainsSubstring("hunter2"));
}

TEST_CASE("half a login, half a certificate and two logins are refused", "[nats][security]") {
  const Files files;
  const auto password = files.secret("p", "hunter2\n");
  CHECK_THAT(objection("a", {.user = "u"}), ContainsSubstring("nats.password_file"));
  CHECK_THAT(objection("a", {.password_file = password}), ContainsSubstring("nats.user"));
  CHECK_THAT(objection("a", {.tls_cert = "c.pem"}), ContainsSubstring("nats.tls.key"));
  CHECK_THAT(objection("a", {.tls_key = password}), ContainsSubstring("nats.tls.cert"));
  const auto two = objection("nats://v:hunter2@a", {.user = "u", .password_file = password});
  CHECK_THAT(two, ContainsSubstring("one way") && !ContainsSubstring("hunter2"));
  CHECK_THAT(objection("a", {.creds = password, .nkey_seed = password}),
             ContainsSubstring("one way"));
}

TEST_CASE("every file with a secret has to be out of others' reach", "[nats][security]") {
  const Files files;
  const auto open = files.secret("open", "hunter2", 0644);
  for (const auto& security :
       {Security{.user = "u", .password_file = open}, Security{.creds = open},
        Security{.nkey_seed = open}, Security{.tls_cert = "c.pem", .tls_key = open}})
    CHECK_THAT(objection("a", security), ContainsSubstring(open) && ContainsSubstring("chmod 600")
                                             && !ContainsSubstring("hunter2"));
}

TEST_CASE("a file without a user's seed is refused without its text", "[nats][security]") {
  const Files files;
  for (const auto* text : {"hunter2", "SUHUNTER2", "SAAHUNTER2",
                           // of the right length, with a wrong checksum
                           "SUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    CHECK_THAT(objection("a", {.nkey_seed = files.secret("s", text)}),
               ContainsSubstring("seed") && !ContainsSubstring("HUNTER2")
                   && !ContainsSubstring("hunter2"));
}

}  // namespace
