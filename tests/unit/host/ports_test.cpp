// Which ports a program may give its effects, and what becomes of calls that block.
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include <catch2/catch_all.hpp>

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <troupe/context.hpp>
#include "runtime/host/blocking_effects.hpp"
#include "runtime/host/effects_by_name.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "troupe/v1/mail.pb.h"

namespace troupe::host {

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using engine::test::Account;
using google::protobuf::Empty;
using google::protobuf::Int64Value;
using troupe::test::eventually;

constexpr auto patience = 10s;

template <class Asked, class Answered>
struct Ask : Effect {
  static constexpr std::string_view name = "ask";
  using Aggregate = Account;
  using Event = engine::test::v1::MoneyDeposited;
  using Request = Asked;
  using Answer = Answered;
  static Request request(const Recorded<Event>&) { return {}; }
  static Asks<Account> answered(const Recorded<Event>&, const Answer&) { return {}; }
  static Asks<Account> failed(const Recorded<Event>&, const FailedAttempt&) { return {}; }
};
using AskMail = Ask<v1::Mail, v1::MailDelivered>;
using AskNumber = Ask<Int64Value, Int64Value>;

template <class E>
struct Asking {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, E>;
};

/// What is wrong with the effect's port, or nothing.
template <class E>
std::string mistake(MakePort make) {
  Program program;
  program.effects.emplace("ask", std::move(make));
  const auto ports = make_ports({model_of<Asking<E>>()}, program, {});
  if (!ports) CHECK_FALSE(ports.error().retryable);
  return ports ? std::string{} : ports.error().what;
}

auto gives(Port (*make)()) {
  return [make](const Settings&) { return make(); };
}

EffectCall asked(std::chrono::milliseconds timeout) {
  return {.effect = "ask", .key = "key-1", .request = nullptr, .timeout = timeout};
}

Result<MessagePtr> answer_to(Result<MessagePtr> (*perform)(const EffectCall&)) {
  std::promise<Result<MessagePtr>> promise;
  BlockingEffects effects(perform);
  effects.call(asked(1h), [&](Result<MessagePtr> result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

/// Holds up whoever comes, until it is opened.
class Barrier {
public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    opened_.wait(lock, [this] { return open_; });
    --waiting_;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  int waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  int waiting_ = 0;
};

/// Two threads and three who wait, before a function that returns when the barrier is open.
struct Blocked {
  static constexpr std::size_t threads = 2;
  static constexpr std::size_t waiting = 3;

  Barrier barrier;
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  std::mutex mutex;
  std::string cause;  // under mutex
  BlockingEffects effects{[this](const EffectCall&) -> Result<MessagePtr> {
                            barrier.wait();
                            return std::make_unique<Empty>();
                          },
                          threads, waiting};

  ~Blocked() { barrier.open(); }

  void call(std::chrono::milliseconds timeout) {
    effects.call(asked(timeout), [this](const Result<MessagePtr>& result) {
      if (!result) {
        const std::lock_guard lock(mutex);
        cause = result.error().what;
      }
      ++(result ? answered : failed);
    });
  }
  std::string last_cause() {
    const std::lock_guard lock(mutex);
    return cause;
  }
};

}  // namespace

TEST_CASE("a port that cannot perform its effect is named before a node starts", "[host][ports]") {
  CHECK_THAT(mistake<AskNumber>(gives([] { return nats_request("no subject at all"); })),
             ContainsSubstring("the effect ask of example")
                 && ContainsSubstring("\"no subject at all\" is no subject"));
  CHECK_THAT(mistake<AskMail>(gives([] { return smtp({.url = "mail.example", .from = "a@b"}); })),
             ContainsSubstring("\"mail.example\" is no address"));
  CHECK_THAT(mistake<AskMail>(gives([] { return smtp({.url = "smtp://m", .from = ""}); })),
             ContainsSubstring("from nobody"));
  CHECK_THAT(mistake<AskNumber>(gives([] { return smtp({.url = "smtp://m", .from = "a@b"}); })),
             ContainsSubstring("its Request is google.protobuf.Int64Value"));
  CHECK_THAT((mistake<Ask<v1::Mail, Int64Value>>(
                 gives([] { return smtp({.url = "smtp://m", .from = "a@b"}); }))),
             ContainsSubstring("its Answer is google.protobuf.Int64Value"));
  CHECK_THAT(mistake<AskNumber>(gives([] { return webhook("ftp://user:secret@m"); })),
             ContainsSubstring("no address") && !ContainsSubstring("secret"));
  CHECK_THAT(mistake<AskMail>(gives([] {
               return port_for<AskNumber>(
                   [](const auto& call) -> PortResult<Int64Value> { return call.request; });
             })),
             ContainsSubstring("made for another effect"));
  CHECK_THAT(
      mistake<AskNumber>(gives([] { return both(nats_request("letters"), webhook("nowhere")); })),
      ContainsSubstring("\"nowhere\""));
  CHECK_THAT(
      mistake<AskNumber>([](const Settings&) -> Port { throw std::runtime_error("no key"); }),
      ContainsSubstring("cannot be made: no key"));
  CHECK(mistake<AskNumber>(gives([] {
          return both(nats_request("a.b"), webhook("http://c"));
        })).empty());
}

TEST_CASE("a function of a program's own is told the call and says what came of it",
          "[host][ports]") {
  const auto port = port_for<AskNumber>([](const PortCall<Int64Value>& call) {
    using Answer = PortResult<Int64Value>;
    if (call.key != "key-1" || call.timeout != 3s || call.traceparent != "trace")
      return Answer(Hopeless{"not what was asked"});
    if (call.request.value() == 0) return Answer(TryAgain{"nothing yet"});
    return Answer(call.request);
  });
  const auto& own = std::get<Port::Function>(port.means());
  Int64Value number;
  const auto ask = [&](std::string_view key) {
    return own.perform({.request = number, .key = key, .timeout = 3s, .traceparent = "trace"});
  };
  CHECK(std::get<TryAgain>(ask("key-1")).cause == "nothing yet");
  CHECK(std::get<Hopeless>(ask("key-2")).cause == "not what was asked");
  number.set_value(7);
  const auto answer = ask("key-1");
  CHECK(dynamic_cast<const Int64Value&>(*std::get<MessagePtr>(answer)).value() == 7);
}

TEST_CASE("a port that throws is tried again", "[host][ports]") {
  const auto result =
      answer_to([](const EffectCall&) -> Result<MessagePtr> { throw std::runtime_error("oops"); });
  REQUIRE_FALSE(result);
  CHECK(result.error().retryable);
  CHECK_THAT(result.error().what, ContainsSubstring("ask") && ContainsSubstring("oops"));
}

TEST_CASE("calls that block are bounded: so many at a time, so many that wait", "[host][ports]") {
  Blocked blocked;
  for (std::size_t i = 0; i < Blocked::threads + Blocked::waiting; ++i) {
    blocked.call(1h);
    if (i < Blocked::threads)
      REQUIRE(eventually(patience, [&] { return blocked.barrier.waiting() == int(i) + 1; }));
  }
  CHECK(blocked.failed == 0);
  blocked.call(1h);
  CHECK(blocked.failed == 1);
  CHECK_THAT(blocked.last_cause(), ContainsSubstring("too many calls of the effect ask"));
  CHECK(blocked.barrier.waiting() == int(Blocked::threads));

  blocked.barrier.open();
  CHECK(eventually(patience,
                   [&] { return blocked.answered == int(Blocked::threads + Blocked::waiting); }));
}

TEST_CASE("a port that does not come back fails its calls in time, and those behind them",
          "[host][ports]") {
  Blocked blocked;
  for (std::size_t i = 0; i < Blocked::threads; ++i) {
    blocked.call(1s);
    REQUIRE(eventually(patience, [&] { return blocked.barrier.waiting() == int(i) + 1; }));
  }
  REQUIRE(eventually(patience, [&] { return blocked.failed == int(Blocked::threads); }));
  CHECK_THAT(blocked.last_cause(), ContainsSubstring("longer than its time-out"));
  blocked.call(1ms);
  CHECK(blocked.failed == int(Blocked::threads) + 1);
  CHECK_THAT(blocked.last_cause(), ContainsSubstring("comes back"));

  blocked.barrier.open();
  REQUIRE(eventually(patience, [&] { return blocked.barrier.waiting() == 0; }));
  REQUIRE(eventually(patience, [&] {
    blocked.call(1h);
    return blocked.answered > 0;
  }));
}

TEST_CASE("a call that has waited too long for its turn is not made", "[host][ports]") {
  std::atomic<int> made{0};
  std::atomic<int> not_made{0};
  Barrier barrier;
  BlockingEffects effects(
      [&](const EffectCall&) -> Result<MessagePtr> {
        ++made;
        barrier.wait();
        return std::make_unique<Empty>();
      },
      1, 1);
  effects.call(asked(1h), [](const auto&) {});
  REQUIRE(eventually(patience, [&] { return barrier.waiting() == 1; }));
  const auto too_late = std::chrono::steady_clock::now() + 20ms;
  effects.call(asked(20ms), [&](const Result<MessagePtr>& result) {
    if (!result && result.error().not_made) ++not_made;
  });
  REQUIRE(eventually(patience, [&] { return std::chrono::steady_clock::now() > too_late; }));
  barrier.open();
  CHECK(eventually(patience, [&] { return not_made == 1; }));
  CHECK(made == 1);
}

TEST_CASE("the end fails the calls that wait, and waits for those that run", "[host][ports]") {
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  Barrier barrier;
  {
    BlockingEffects effects(
        [&](const EffectCall&) -> Result<MessagePtr> {
          barrier.wait();
          return std::make_unique<Empty>();
        },
        1, 1);
    const auto count = [&](const Result<MessagePtr>& result) { ++(result ? answered : failed); };
    effects.call(asked(1h), count);
    REQUIRE(eventually(patience, [&] { return barrier.waiting() == 1; }));
    effects.call(asked(1h), [&](const Result<MessagePtr>& result) {
      count(result);
      barrier.open();
    });
  }
  CHECK(answered == 1);
  CHECK(failed == 1);
}

}  // namespace troupe::host
