"""Mistakes of a domain author are sentences of the compiler."""

import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCHEMAS = pathlib.Path(os.environ["TROUPE_BINARY"]).parent / "schemas" / "example_schemas"

ACCOUNT = """
#include <array>
#include <troupe/context.hpp>
#include "example/v1/account.pb.h"
using namespace troupe;
using example::v1::MoneyDeposited;
struct Account {
  static constexpr std::string_view name = "account";
  using State = example::v1::AccountState;
  using Commands = MessageSet<example::v1::DepositMoney>;
  using Events = MessageSet<MoneyDeposited>;
  static constexpr Rejection bad_amount{"account.bad_amount"};
  static void evolve(State&, const MoneyDeposited&) {}
  ACCESS static Decision<Events> decide(const State&, const example::v1::DepositMoney&) { BODY }
};
"""
REACTION = """
struct Repeat : Reaction {
  static constexpr std::string_view name = "repeat";
  using Aggregate = Account;
  using Events = MessageSet<MoneyDeposited>;
  EXPECTED
  static Asks<Account> on(const Recorded<MoneyDeposited>&) { return {}; }
};
"""
EFFECT = """
struct Tell : Effect {
  static constexpr std::string_view name = "tell";
  using Aggregate = Account;
  using Event = MoneyDeposited;
  using Request = MoneyDeposited;
  using Answer = MoneyDeposited;
  RETRY
  static Request request(const Recorded<Event>& e) { return e.data; }
  static Asks<Account> answered(const Recorded<Event>&, const Answer&) { return {}; }
  static Asks<Account> failed(const Recorded<Event>&, const FailedAttempt&) { return {}; }
};
"""


def account(body: str = "return MoneyDeposited{};", access: str = "public:") -> str:
    return ACCOUNT.replace("ACCESS", access).replace("BODY", body)


def context(parts: str, public: str = "") -> str:
    return f"""
struct Example {{
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<{parts}>;
  {public}
}};
auto model() {{ return model_of<Example>(); }}
"""


def compile_errors(source: str) -> str:
    command = ["g++", "-std=c++20", "-fsyntax-only", "-fmax-errors=5", f"-I{ROOT}/runtime/include", f"-I{SCHEMAS}", "-x", "c++", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, timeout=120).stderr


class Mistakes(unittest.TestCase):
    def says(self, source: str, sentence: str) -> None:
        errors = compile_errors(source)
        # The compiler breaks no lines, but puts our sentence between others.
        self.assertIn(sentence, errors)

    def test_none_compiles(self):
        source = account() + REACTION.replace("EXPECTED", "static constexpr std::array expected{Account::bad_amount};")
        source += EFFECT.replace("RETRY", "static constexpr Retry retry{.attempts = 3};")
        self.assertEqual(compile_errors(source + context("Account, Repeat, Tell", "using Public = troupe::Public<example::v1::DepositMoney>;")), "")

    def test_an_effect_needs_no_retry(self):
        self.assertEqual(compile_errors(account() + EFFECT.replace("RETRY", "") + context("Account, Tell")), "")

    def test_several_events_are_returned_in_braces(self):
        self.assertEqual(compile_errors(account("MoneyDeposited a, b; return {a, b};") + context("Account")), "")

    def test_another_aggregates_event(self):
        self.says(account("return example::v1::MoneyWithdrawn{};") + context("Account"),
                  "decide returns an event that is not among the aggregate's Events")

    def test_one_of_several_events_is_another_aggregates(self):
        self.says(account("return {MoneyDeposited{}, example::v1::MoneyWithdrawn{}};") + context("Account"),
                  "decide returns an event that is not among the aggregate's Events")

    def test_private_decide(self):
        self.says(account(access="private:") + context("Account"), "the aggregate has no public static `Decision<Events> decide")

    def test_effect_of_an_earlier_version(self):
        self.says(account() + EFFECT.replace("RETRY", "static constexpr unsigned attempts_max = 3;") + context("Account, Tell"),
                  "an effect says how often it is tried by `static constexpr troupe::Retry retry{.attempts = 3}`, and has no attempts_max")

    def test_retry_of_another_type(self):
        self.says(account() + EFFECT.replace("RETRY", "static constexpr unsigned retry = 3;") + context("Account, Tell"),
                  "the effect's `retry` is a `static constexpr troupe::Retry`")

    def test_retry_without_a_pause(self):
        self.says(account() + EFFECT.replace("RETRY", "static constexpr Retry retry{.first_pause = Retry::Span(0)};") + context("Account, Tell"),
                  "the effect's `retry` has a time of zero or of more than a year, or a longest pause below its first")

    def test_former_name_that_it_still_has(self):
        self.says(account() + EFFECT.replace("RETRY", 'static constexpr std::string_view formerly = "tell";') + context("Account, Tell"),
                  "the effect's `formerly` is another name that it had")

    def test_port_of_another_effects_answer(self):
        port = """
#include <troupe/port.hpp>
auto port() { return port_for<Tell>([](const PortCall<MoneyDeposited>&) -> PortResult<example::v1::MoneyWithdrawn> { return TryAgain{"no"}; }); }
"""
        self.says(account() + EFFECT.replace("RETRY", "") + port,
                  "the effect's port is called with `const troupe::PortCall<Request>&` and returns `troupe::PortResult<Answer>`")

    def test_expected_that_is_no_array(self):
        source = account() + REACTION.replace("EXPECTED", "static constexpr Rejection expected = Account::bad_amount;")
        self.says(source + context("Account, Repeat"), "what a reaction expects is `static constexpr std::array expected{Aggregate::some_rejection}`")

    def test_part_listed_twice(self):
        self.says(account() + context("Account, Account"), "a part of the context is listed twice")

    def test_public_command_that_nobody_takes(self):
        self.says(account() + context("Account", "using Public = troupe::Public<example::v1::WithdrawMoney>;"),
                  "Public names a message that no aggregate of this context takes as a command")


if __name__ == "__main__":
    unittest.main()
