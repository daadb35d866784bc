// What becomes of messages that come in faster than they are handled.
#include "runtime/nats/client/intake.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

namespace troupe::nats {

namespace {

using namespace std::chrono_literals;
using Verdict = Intake::Verdict;

constexpr SteadyTime start{1h};
constexpr std::size_t some = 100;

/// Of one message after another, while so much waits.
struct Door {
  SteadyTime now = start;
  Intake intake{{.messages_max = some, .bytes_max = 1'000, .age_max = 500ms}};

  void wait(std::size_t messages, std::size_t bytes = 0) { intake.look(start, messages, bytes); }
  Verdict judge(const std::string& reply, std::chrono::milliseconds age = 0ms, bool busy = false) {
    return intake.judge(reply, now, age, busy);
  }
  /// What most of a flood of two, and one who asks seldom, get: of fewer than are refused in all.
  std::pair<Verdict, Verdict> flooders_and_other() {
    Verdict flooder{};
    Verdict other{};
    for (int i = 0; i < 600; ++i) {
      flooder = judge("_INBOX.flooder-" + std::to_string(i % 2) + "." + std::to_string(i));
      if (i % 50 == 0) other = judge("_INBOX.other." + std::to_string(i));
    }
    return {flooder, other};
  }
};

}  // namespace

TEST_CASE("intake: while its bounds are kept all is handled", "[nats][intake]") {
  Door door;
  door.wait(some, 1'000);
  for (int i = 0; i < 1'000; ++i) CHECK(door.judge("_INBOX.one.1", 500ms) == Verdict::handle);
}

TEST_CASE("intake: above them whoever sends most is refused and the others are handled",
          "[nats][intake]") {
  Door door;
  const auto [messages, bytes] = GENERATE(table<std::size_t, std::size_t>({{101, 0}, {1, 1'001}}));
  door.wait(messages, bytes);
  CHECK(door.flooders_and_other() == std::pair{Verdict::refuse, Verdict::handle});
}

TEST_CASE("intake: far above them whoever sends most gets no answer", "[nats][intake]") {
  Door door;
  const auto [messages, bytes] = GENERATE(table<std::size_t, std::size_t>({{151, 0}, {1, 1'501}}));
  door.wait(messages, bytes);
  CHECK(door.flooders_and_other() == std::pair{Verdict::drop, Verdict::refuse});
}

TEST_CASE("intake: what waited too long is refused, however little waits", "[nats][intake]") {
  Door door;
  for (int i = 0; i < 100; ++i) door.judge("_INBOX.one.1", 501ms);
  CHECK(door.judge("_INBOX.one.1", 501ms) == Verdict::refuse);
  CHECK(door.judge("_INBOX.other.1", 501ms) == Verdict::handle);
  CHECK(door.judge("_INBOX.other.1", 1'001ms) == Verdict::refuse);
  CHECK(door.judge("_INBOX.one.1", 500ms) == Verdict::handle);
}

TEST_CASE("intake: while much is in flight there is room for those who send little",
          "[nats][intake]") {
  Door door;
  for (int i = 0; i < 100; ++i) door.judge("_INBOX.one.1", 0ms, true);
  CHECK(door.judge("_INBOX.one.1", 0ms, true) == Verdict::refuse);
  CHECK(door.judge("_INBOX.other.1", 0ms, true) == Verdict::handle);
  CHECK(door.judge("_INBOX.one.1", 0ms, false) == Verdict::handle);
}

TEST_CASE("intake: who sent much is known as such until all was handled for a while",
          "[nats][intake]") {
  Door door;
  door.wait(some + 1);
  const auto many_of_one = [&] {
    for (std::size_t i = 0; i < Senders::counted_min; ++i) door.judge("_INBOX.one.1");
  };
  many_of_one();
  door.now += IntakeBounds::forgotten_after;
  CHECK(door.judge("_INBOX.one.1") == Verdict::refuse);
  door.now += IntakeBounds::forgotten_after + 1ms;
  CHECK(door.judge("_INBOX.one.1") == Verdict::handle);
}

TEST_CASE("intake: refusals cost time, and beyond so many what would be refused is dropped",
          "[nats][intake]") {
  Door door;
  door.wait(some + 1);
  const auto refused = [&] {
    std::size_t count = 0;
    for (std::size_t i = 0; i < 5 * IntakeBounds::refused_per_window_max; ++i)
      count += door.judge("_INBOX.flooder.1") == Verdict::refuse ? 1U : 0U;
    return count;
  };
  CHECK(refused() == IntakeBounds::refused_of_many_max);
  door.now += IntakeBounds::window - 1ms;
  CHECK(refused() == 0);
  door.now += 1ms;
  CHECK(refused() == IntakeBounds::refused_of_many_max);
  CHECK(door.judge("_INBOX.other.1") == Verdict::handle);
  CHECK(door.judge("_INBOX.other.1", 1'001ms) == Verdict::refuse);
  CHECK(door.judge("_INBOX.flooder.1") == Verdict::drop);
}

TEST_CASE("senders: who takes a new name each time is taken for many", "[nats][intake]") {
  Senders senders;
  for (int i = 0; i < 10'000; ++i) senders.sends_much("_INBOX." + std::to_string(i) + ".1");
  CHECK_FALSE(senders.sends_much("_INBOX.another.1"));
}

TEST_CASE("senders: nobody shares the lines of those who send much for long", "[nats][intake]") {
  Senders senders;
  // So many that some do for a while.
  std::vector<bool> always(10'000, true);
  for (int time = 0; time < 4; ++time) {
    for (std::size_t i = 0; i < (Senders::rounds + 1) * Senders::round_messages; ++i)
      senders.sends_much("_INBOX.flooder-" + std::to_string(i % 8) + ".1");
    for (std::size_t other = 0; other < always.size(); ++other)
      if (!senders.sends_much("_INBOX.other-" + std::to_string(other) + ".1"))
        always[other] = false;
  }
  CHECK(std::count(always.begin(), always.end(), true) == 0);
}

TEST_CASE("senders: who sends much is told from the others at all times", "[nats][intake]") {
  const int burst = GENERATE(1, 700, 20'000);  // of one, and then of the other
  Senders senders;
  const auto taken_for_others = [&](int messages) {
    int count = 0;
    for (int i = 0; i < messages; ++i)
      count += senders.sends_much("_INBOX.flooder-" + std::to_string(i / burst % 2) + ".1") ? 0 : 1;
    return count;
  };
  taken_for_others(100'000);
  CHECK(taken_for_others(100'000) == 0);
}

TEST_CASE("senders: who sends little is hardly ever taken for one of two who send much",
          "[nats][intake]") {
  Senders senders;
  int asked = 0;
  int mistaken = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < static_cast<int>(Senders::round_messages); ++i)
      senders.sends_much("_INBOX.flooder-" + std::to_string(i % 2) + ".1");
    for (int other = 0; other < 100; ++other, ++asked)
      mistaken += senders.sends_much("_INBOX.other-" + std::to_string(asked) + ".1") ? 1 : 0;
  }
  CHECK(mistaken * 500 < asked);
}

TEST_CASE("arrivals: a message's age counts from when it came in, not from when it is handled",
          "[nats][intake]") {
  Arrivals arrivals;
  // One comes in each millisecond, and each takes two to be handled: what waits gets older.
  std::size_t waiting = 0;
  auto now = start;
  std::chrono::milliseconds worst{0};
  for (int handled = 0; handled < 1'000; ++handled) {
    const auto came = start + std::chrono::milliseconds(handled + 1);
    now = std::max(now, came);
    const auto arrived = arrivals.take(now);
    CHECK(arrived >= came);
    worst = std::max(worst, std::chrono::duration_cast<std::chrono::milliseconds>(arrived - came));
    now += 2ms;
    waiting = static_cast<std::size_t>((now - start) / 1ms) - static_cast<std::size_t>(handled + 1);
    arrivals.look(now, waiting);
  }
  CHECK(worst <= Arrivals::apart + 4ms);
}

TEST_CASE("arrivals: what came in while a handler hung is known by somebody else's looks",
          "[nats][intake]") {
  Arrivals arrivals;
  CHECK(arrivals.take(start) == start);
  arrivals.look(start + 250ms, 5);
  arrivals.look(start + 500ms, 5);
  arrivals.look(start + 750ms, 8);
  const auto now = start + 4s;
  for (int i = 0; i < 5; ++i) CHECK(arrivals.take(now) == start + 250ms);
  for (int i = 0; i < 3; ++i) CHECK(arrivals.take(now) == start + 750ms);
  CHECK(arrivals.take(now) == now);
}

TEST_CASE("arrivals: of what waits longer than looks reach back it is known to be old",
          "[nats][intake]") {
  Arrivals arrivals;
  constexpr std::size_t many = 10'000;
  for (std::size_t i = 1; i <= many; ++i) arrivals.look(start + i * 10ms, i);
  const auto now = start + many * 10ms;
  CHECK(arrivals.take(now) == start + 10ms);
  // Of the last it is only known that it does not wait for longer.
  for (std::size_t i = 2; i < many; ++i) arrivals.take(now);
  CHECK(arrivals.take(now) == now);
}

}  // namespace troupe::nats
