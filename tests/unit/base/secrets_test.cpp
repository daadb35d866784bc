// Secrets come from files that others cannot read, and are not printed.
#include "runtime/base/secrets.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch_all.hpp>

#include "tools/servers/temp_folder.hpp"

namespace {

using Catch::Matchers::ContainsSubstring;
using troupe::read_secret;
using troupe::read_secret_line;
using troupe::redacted;
using troupe::split_login;

class Folder {
public:
  std::string file(const std::string& name, const std::string& text, mode_t mode) const {
    const auto path = (folder_.path() / name).string();
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

private:
  troupe::tool::TempFolder folder_{"troupe-secrets"};
};

TEST_CASE("a secret is read from a file that only its owner may use", "[secrets]") {
  const Folder folder;
  const auto mode = GENERATE(mode_t{0600}, mode_t{0400}, mode_t{0700});
  CHECK(read_secret(folder.file("s", "two\nlines\n", mode)) == "two\nlines\n");
}

TEST_CASE("a secret that others may read or write is refused with what to do", "[secrets]") {
  const Folder folder;
  const auto mode = GENERATE(mode_t{0640}, mode_t{0604}, mode_t{0620}, mode_t{0602}, mode_t{0610},
                             mode_t{0601}, mode_t{0644}, mode_t{0777});
  const auto file = folder.file("s", "hunter2", mode);
  const auto secret = read_secret(file);
  REQUIRE_FALSE(secret);
  CHECK_FALSE(secret.error().retryable);
  CHECK_THAT(secret.error().what, ContainsSubstring(file) && ContainsSubstring("chmod 600")
                                      && !ContainsSubstring("hunter2"));
}

TEST_CASE("what can hold no secret is refused with a sentence that names it", "[secrets]") {
  const Folder folder;
  const auto pipe = folder.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  for (const auto& file :
       {folder.path("none"), folder.file("empty", "", 0600), pipe, folder.path(""),
        folder.file("long", std::string(troupe::secret_bytes_max + 1, 'x'), 0600)}) {
    const auto secret = read_secret(file);
    REQUIRE_FALSE(secret);
    CHECK_THAT(secret.error().what, ContainsSubstring(file));
  }
}

TEST_CASE("a secret that belongs to somebody else is refused", "[secrets]") {
  if (geteuid() != 0) SKIP("only root can give files away");
  const Folder folder;
  const auto file = folder.file("s", "hunter2", 0600);
  REQUIRE(chown(file.c_str(), 4711, 4711) == 0);
  const auto secret = read_secret(file);
  REQUIRE_FALSE(secret);
  CHECK_THAT(secret.error().what, ContainsSubstring("4711"));
}

TEST_CASE("a password is one line, without its end", "[secrets]") {
  const Folder folder;
  CHECK(read_secret_line(folder.file("a", "p w\n", 0600)) == "p w");
  CHECK(read_secret_line(folder.file("b", "p\r\n", 0600)) == "p");
  CHECK(read_secret_line(folder.file("c", "p", 0600)) == "p");
  for (const auto* text : {"\n", "one\ntwo\n", "a\tb", "\xff"})
    CHECK_FALSE(read_secret_line(folder.file("d", text, 0600)));
}

TEST_CASE("an address is parted from its login", "[secrets]") {
  const auto named = split_login("nats://shop:p%40ss%3a@h:4222/x@y");
  CHECK(named.url == "nats://h:4222/x@y");
  REQUIRE(named.login);
  CHECK(named.login->user == "shop");
  CHECK(named.login->password == "p@ss:");

  CHECK(split_login("nats://token@h").login->user == "token");
  CHECK_FALSE(split_login("nats://token@h").login->password);
  CHECK(split_login("redis://:only@h").login->user.empty());
  CHECK(split_login("u:a@b@h").login->password == "a@b");
  CHECK(split_login("u:100%@h").login->password == "100%");
  CHECK_FALSE(split_login("nats://h:4222").login);
  CHECK_FALSE(split_login("https://h/@me").login);
}

TEST_CASE("no address is printed with its login, whatever it looks like", "[secrets]") {
  CHECK(redacted("nats://h:4222") == "nats://h:4222");
  CHECK(redacted("nats://a:4222,nats://b:4222") == "nats://a:4222,nats://b:4222");
  CHECK(redacted("nats://u:hunter2@h:4222") == "nats://***@h:4222");
  CHECK(redacted("nats://u:hunter2@a,nats://u:hunter2@b") == "nats://***@a,nats://***@b");
  for (const auto* url :
       {"u:hunter2@h", "nats://hunter2@h", "nats://u:x,hunter2@h", "nats://u:x/hunter2@h",
        "nats://u:x://hunter2@h", "nats://u:hunter2@x@h", "nats://a,nats://u:hunter2@b", "hunter2@",
        "://hunter2@h", "redis://:hunter2@h:6379/0"})
    CHECK_THAT(redacted(url), !ContainsSubstring("hunter2"));
}

}  // namespace
