// What is wrong with a program is one sentence, before anything is connected.
#include <troupe/program.hpp>

#include <catch2/catch_all.hpp>

#include "tests/unit/engine/bank.hpp"

namespace troupe {

namespace {

using Catch::Matchers::ContainsSubstring;
using engine::test::Account;

struct Notify : Effect {
  static constexpr std::string_view name = "notify";
  using Aggregate = Account;
  using Event = example::v1::MoneyDeposited;
  using Request = example::v1::MoneyDeposited;
  using Answer = example::v1::MoneyDeposited;
  static Request request(const Recorded<Event>& e) { return e.data; }
  static Asks<Account> answered(const Recorded<Event>&, const Answer&) { return {}; }
  static Asks<Account> failed(const Recorded<Event>&, const FailedAttempt&) { return {}; }
};

struct Quiet {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account>;
};
struct Loud {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Notify>;
};

Port nobody(const Settings&) { return nats_request("nobody.listens"); }

std::string sentence(Program& program, std::string_view toml = {}) {
  const auto node = program.start(toml);
  REQUIRE_FALSE(node);
  return node.error();
}

}  // namespace

TEST_CASE("a program without a context does not start", "[program]") {
  Program program("billing");
  CHECK_THAT(sentence(program), ContainsSubstring("the program billing serves no context"));
}

TEST_CASE("a port for an effect that no context has keeps a program from starting", "[program]") {
  Program program("billing");
  program.context<Quiet>().effect<Notify>(nobody);
  CHECK_THAT(sentence(program),
             ContainsSubstring("no context of the program billing has the effect "
                               "notify that it gives a port"));
}

TEST_CASE("two ports for one effect keep a program from starting", "[program]") {
  Program program("billing");
  program.context<Loud>().effect<Notify>(nobody).effect<Notify>(nobody);
  CHECK_THAT(sentence(program), ContainsSubstring("gives the effect notify two ports"));
}

TEST_CASE("an effect without a port keeps a program from starting", "[program]") {
  Program program("billing");
  program.context<Loud>();
  CHECK_THAT(sentence(program), ContainsSubstring("notify"));
}

TEST_CASE("a setting that nobody declares keeps a program from starting, and is named",
          "[program]") {
  Program program("billing");
  program.context<Quiet>().settings("[cards]\n# Who charges them.\nsubject = \"cards.charge\"\n");
  CHECK_THAT(sentence(program, "[cards]\nsubjects = \"x\"\n"), ContainsSubstring("cards.subjects"));
}

TEST_CASE("a mistake is the program's whole answer to whatever it is asked", "[program]") {
  Program program("billing");
  std::string name = "billing", command = "node";
  char* arguments[] = {name.data(), command.data(), nullptr};
  CHECK(program.run(2, arguments) == 2);
}

}  // namespace troupe
