// The node's configuration: defaults, overrides, and one sentence for every mistake.
#include "runtime/host/config.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch_all.hpp>

#include "runtime/host/effects_by_name.hpp"
#include "tools/servers/node_toml.hpp"
#include "tools/servers/temp_folder.hpp"

namespace {

using Catch::Matchers::ContainsSubstring;
using troupe::host::default_config;
using troupe::host::Program;

const Program& program() {
  static const Program of_the_test = [] {
    Program made{.settings =
                     "[letters]\nurl = \"\"  # where to\nmost = 3\nshare = 0.5\nby_air = false\n"};
    for (const auto* name : {"ordering", "payments"}) made.contexts.emplace_back().name = name;
    return made;
  }();
  return of_the_test;
}

auto parse_config(std::string_view toml, const std::string& source) {
  return troupe::host::parse_config(toml, source, program());
}
auto load_config(const std::filesystem::path& file) {
  return troupe::host::load_config(file, program());
}

std::string mistake(std::string_view toml) {
  const auto config = parse_config(toml, "node.toml");
  REQUIRE_FALSE(config.has_value());
  CHECK_FALSE(config.error().retryable);
  return config.error().what;
}

TEST_CASE("an empty configuration is the printed default", "[config]") {
  const auto empty = parse_config("", "node.toml");
  const auto printed = parse_config(default_config(program()), "default.toml");
  REQUIRE(empty.has_value());
  REQUIRE(printed.has_value());
  CHECK(empty->name == "node-1");
  CHECK(empty->contexts == std::vector<std::string>{"ordering", "payments"});
  CHECK(empty->own.text("letters.url").empty());
  CHECK(empty->own.all() == printed->own.all());
  CHECK(empty->nats_url == printed->nats_url);
  CHECK(empty->inbox_prefix == "_INBOX");
  CHECK(empty->reply_prefixes.empty());
}

TEST_CASE("what is written for a node is what it reads", "[config]") {
  const std::string difficult = "a \"quoted\" back\\slash, two\nlines, \xc3\xb6";
  const auto config = parse_config(
      troupe::tool::node_toml({{"node", {{"name", "mine"}, {"contexts", {"payments"}}}},
                               {"nats", {{"user", difficult}, {"replicas", 3}}},
                               {"nats.tls", {{"required", true}}},
                               {"letters", {{"share", 0.25}}}}),
      "node.toml");
  REQUIRE(config.has_value());
  CHECK(config->name == "mine");
  CHECK(config->contexts == std::vector<std::string>{"payments"});
  CHECK(config->nats_security.user == difficult);
  CHECK(config->replicas == 3);
  CHECK(config->nats_security.tls_required);
  CHECK(config->own.fraction("letters.share") == 0.25);
  CHECK(config->redis_url == parse_config("", "defaults")->redis_url);
}

TEST_CASE("the configuration in deploy/ is one a node takes", "[config]") {
  const auto config = load_config(TROUPE_TESTS "/../deploy/node.toml");
  REQUIRE(config.has_value());
  CHECK(config->replicas == 3);
  CHECK(config->durability == "replicated-durable");
}

TEST_CASE("a setting replaces its default and leaves the others", "[config]") {
  const auto config =
      parse_config("[node]\nname = \"b\"\ncontexts = [\"payments\"]\n", "node.toml");
  REQUIRE(config.has_value());
  CHECK(config->name == "b");
  CHECK(config->contexts == std::vector<std::string>{"payments"});
  CHECK(config->redis_url == "redis://127.0.0.1:6379");
}

TEST_CASE("monitoring endpoints are separated by commas, with or without a slash at the end",
          "[config]") {
  const auto urls = [](const std::string& text) {
    return parse_config("[nats]\nmonitoring_url = \"" + text + "\"\n", "node.toml")
        ->nats_monitoring_urls;
  };
  using Urls = std::vector<std::string>;
  CHECK(urls("").empty());
  CHECK(urls("http://a:8222/") == Urls{"http://a:8222"});
  CHECK(urls("http://a:8222, https://b:8222// ,http://c:8222/nats/,")
        == Urls{"http://a:8222", "https://b:8222", "http://c:8222/nats"});
}

TEST_CASE("a mistake in the configuration is named with its place", "[config]") {
  CHECK_THAT(mistake("[node]\nnmae = \"b\"\n"),
             ContainsSubstring("node.toml:2") && ContainsSubstring("node.nmae"));
  CHECK_THAT(mistake("[node]\nname = 3\n"), ContainsSubstring("wrong type"));
  CHECK_THAT(mistake("[node\n"), ContainsSubstring("not valid TOML"));
  CHECK_THAT(mistake("[node]\nname = \"a b\"\n"), ContainsSubstring("node.name"));
  CHECK_THAT(mistake("[node]\ncontexts = []\n"), ContainsSubstring("node.contexts"));
  CHECK_THAT(mistake("[durability]\nmode = \"fast\"\n"), ContainsSubstring("durability.mode"));
  CHECK_THAT(mistake("[instances]\nlive_max = -1\n"), ContainsSubstring("live_max"));
  for (const auto* prefix : {"", "_INBOX.", "a b", ">", "a.*", "evt", "ctl.x", "$JS.API"}) {
    const auto quoted = '"' + std::string(prefix) + '"';
    CHECK_THAT(mistake("[nats]\ninbox_prefix = " + quoted), ContainsSubstring("nats.inbox_prefix"));
    CHECK_THAT(mistake("[nats]\nreply_prefixes = [\"good\", " + quoted + "]"),
               ContainsSubstring("nats.reply_prefixes holds " + quoted));
  }
  CHECK_THAT(mistake("[nats]\nmonitoring_url = \"a:8222\"\n"),
             ContainsSubstring("nats.monitoring_url holds \"a:8222\""));
  CHECK_THAT(mistake("[nats]\nreply_prefixes = [1]\n"), ContainsSubstring("a list of names"));
}

TEST_CASE("logins and TLS are taken from the configuration as they stand", "[config]") {
  const auto config = parse_config(
      "[nats]\ncreds = \"a\"\nnkey_seed = \"b\"\nuser = \"c\"\npassword_file = \"d\"\n"
      "[nats.tls]\nrequired = true\nca = \"e\"\ncert = \"f\"\nkey = \"g\"\n"
      "[redis]\nuser = \"h\"\npassword_file = \"i\"\n",
      "node.toml");
  REQUIRE(config.has_value());
  const auto& nats = config->nats_security;
  CHECK((nats.tls_required && nats.tls_ca == "e" && nats.tls_cert == "f" && nats.tls_key == "g"));
  CHECK((nats.creds == "a" && nats.nkey_seed == "b" && nats.user == "c"
         && nats.password_file == "d"));
  CHECK((config->redis_login.user == "h" && config->redis_login.password_file == "i"));
}

TEST_CASE("a configuration with a login in an address is a secret", "[config]") {
  const troupe::tool::TempFolder folder("troupe-config");
  const auto file = folder.path() / "node.toml";
  const auto line =
      GENERATE(as<std::string>{}, "[nats]\nurl = \"nats://a,nats://u:hunter2@b\"",
               "[nats]\nurl = \"nats://hunter2@a\"", "[redis]\nurl = \"redis://:hunter2@a\"",
               "[letters]\nurl = \"https://u:hunter2@a/x\"");
  std::ofstream(file) << line << '\n';
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  const auto refused = load_config(file);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().what,
             ContainsSubstring(file.string()) && !ContainsSubstring("hunter2"));
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  CHECK(load_config(file).has_value());
}

TEST_CASE("a configuration without a login may be read by everybody", "[config]") {
  const troupe::tool::TempFolder folder("troupe-config");
  const auto file = folder.path() / "node.toml";
  const auto* text = GENERATE("https://a/@me", "somebody@post.example");
  std::ofstream(file) << "[letters]\nurl = \"" << text << "\"\n";
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  CHECK(load_config(file).has_value());
}

TEST_CASE("a program's own settings are read, and checked like all others", "[config]") {
  const auto config = parse_config(
      "[letters]\nurl = \"smtp://a\"\nmost = 4\nshare = 0.25\nby_air = true\n", "node.toml");
  REQUIRE(config.has_value());
  CHECK(config->own.text("letters.url") == "smtp://a");
  CHECK(config->own.number("letters.most") == 4);
  CHECK(config->own.fraction("letters.share") == 0.25);
  CHECK(config->own.flag("letters.by_air"));
  CHECK_THAT(mistake("[letters]\nurls = \"smtp://a\"\n"),
             ContainsSubstring("node.toml:2") && ContainsSubstring("letters.urls"));
  CHECK_THAT(mistake("[letters]\nmost = \"4\"\n"), ContainsSubstring("wrong type"));
  CHECK_THAT(mistake("[payments]\ngateway = \"a\"\n"), ContainsSubstring("payments"));
}

TEST_CASE("what a program declares badly is a sentence", "[config]") {
  for (const auto* settings : {"[node]\nname = \"mine\"\n", "[letters\n", "url = \"a\"\n",
                               "node.x = 1\n", "[letters]\nto = [\"a\"]\n"}) {
    const auto config = troupe::host::parse_config("", "node.toml", {.settings = settings});
    REQUIRE_FALSE(config);
    CHECK_THAT(config.error().what, ContainsSubstring("the program's defaults:"));
  }
}

TEST_CASE("an effect that nobody performs is named before a node starts", "[config][effects]") {
  troupe::ContextModel context;
  context.name = "ordering";
  context.effects.emplace_back().name = "send-letter";
  const auto unperformed = make_ports({context}, program(), {});
  REQUIRE_FALSE(unperformed);
  CHECK_FALSE(unperformed.error().retryable);
  CHECK(unperformed.error().what
        == "the effect send-letter of ordering: nothing performs it: give the program a port for "
           "it");
  Program able;
  able.effects.emplace("send-letter", [](const auto&) { return troupe::nats_request("letters"); });
  CHECK(make_ports({context}, able, {}));
}

TEST_CASE("a configuration file that is not there is one sentence", "[config]") {
  const auto config = load_config("no-such-folder/node.toml");
  REQUIRE_FALSE(config.has_value());
  CHECK_THAT(config.error().what, ContainsSubstring("no-such-folder/node.toml"));
}

}  // namespace
