// The conditions of a node: what holds, since when, and what is said of it.
#include "runtime/ports/conditions.hpp"

#include <sstream>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <catch2/catch_all.hpp>

#include "runtime/host/health_report.hpp"
#include "runtime/memory/manual_clock.hpp"
#include "runtime/ports/condition_kinds.hpp"

namespace {

using namespace std::chrono_literals;
using namespace troupe;

constexpr ConditionKind broken{"broken", Severity::unready, Urgency::act};
constexpr ConditionKind slow{"slow", Severity::remark};

/// What is logged while it lives.
class Logged {
public:
  Logged() : before_(spdlog::default_logger()) {
    auto logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(std::move(logger));
  }
  ~Logged() { spdlog::set_default_logger(before_); }
  Logged(const Logged&) = delete;
  Logged& operator=(const Logged&) = delete;

  std::string text() const { return text_.str(); }

private:
  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> before_;
};

}  // namespace

TEST_CASE("a condition is logged when it begins and when it ends, not when its words change",
          "[conditions]") {
  const Logged logged;
  memory::ManualClock clock;
  Conditions conditions(clock);
  conditions.set(slow, "ordering", "gateway", "it waits for 10 s");
  clock.advance(5s);
  conditions.set(slow, "ordering", "gateway", "it waits for 15 s");
  CHECK(conditions.sentence(slow, "ordering", "gateway") == "it waits for 15 s");
  conditions.clear(slow, "ordering", "gateway");
  conditions.clear(slow, "ordering", "gateway");
  conditions.set(broken, "", "", "It is broken.");
  conditions.mute();
  conditions.clear(broken, "");
  CHECK(logged.text()
        == "warning it waits for 10 s. (slow)\n"
           "info Over after 5.0 s: it waits for 15 s. (slow)\n"
           "critical It is broken. (broken)\n");
  CHECK(conditions.all().empty());
}

TEST_CASE("a condition holds since it began, however often it is set", "[conditions]") {
  memory::ManualClock clock;
  Conditions conditions(clock);
  const auto began = clock.now();
  conditions.set(slow, "ordering", "", "slow");
  clock.advance(5s);
  conditions.set(slow, "ordering", "", "slower");
  CHECK(conditions.all().at(0).since == began);
  conditions.set(slow, "ordering", "", "slower", began - 1h);  // it was noticed late
  CHECK(conditions.all().at(0).since == began - 1h);
}

TEST_CASE("a condition of one context or part says nothing of another", "[conditions]") {
  const memory::ManualClock clock;
  Conditions conditions(clock);
  conditions.set(slow, "ordering", "one", "slow");
  CHECK(conditions.sentence(slow, "ordering").empty());
  CHECK(conditions.sentence(slow, "payments", "one").empty());
  conditions.clear(slow, "ordering", "two");
  CHECK(conditions.all().size() == 1);
}

TEST_CASE("a condition that shows by events is over when they stay away", "[conditions]") {
  const Logged logged;
  memory::ManualClock clock;
  Conditions conditions(clock);
  conditions.set_for(30s, broken, "", "", "somebody sends nonsense");
  clock.advance(20s);
  conditions.set_for(30s, broken, "", "", "somebody sends nonsense");
  clock.advance(20s);
  conditions.expire();
  CHECK(any_unready(conditions.all()));
  clock.advance(10s);
  CHECK(conditions.all().empty());
  conditions.expire();
  CHECK(logged.text()
        == "critical somebody sends nonsense. (broken)\n"
           "info Over after 50.0 s: somebody sends nonsense. (broken)\n");
}

TEST_CASE("what its owner sets ends with its owner", "[conditions]") {
  const memory::ManualClock clock;
  Conditions conditions(clock);
  {
    OwnCondition own(conditions, slow, "ordering", "view");
    CHECK_FALSE(own.holds());
    own.set("it is slow");
    CHECK(own.holds());
    CHECK(conditions.all().size() == 1);
  }
  CHECK(conditions.all().empty());
}

TEST_CASE("more conditions than are kept are left out with a word, and none that is unready",
          "[conditions]") {
  const memory::ManualClock clock;
  Conditions conditions(clock);
  for (std::size_t i = 0; i < Conditions::kept_max + 10; ++i)
    conditions.set(slow, "", std::to_string(i), "slow");
  conditions.set(broken, "", "", "broken");
  auto all = conditions.all();
  CHECK(all.size() == Conditions::kept_max + 1);
  CHECK(all.front().code == "broken");
  CHECK(conditions.sentence(condition::conditions_left_out, "").empty());  // no one's to clear
  CHECK(std::ranges::count(all, "conditions_left_out", &Condition::code) == 1);
  for (std::size_t i = 0; i < Conditions::kept_max; ++i)
    conditions.clear(slow, "", std::to_string(i));
  all = conditions.all();
  CHECK(all.size() == 1);
}

TEST_CASE("readiness: all that is unready, else ready and all remarks", "[conditions]") {
  memory::ManualClock clock;
  Conditions conditions(clock);
  CHECK(host::readiness_of(conditions.all()).ready);
  CHECK(host::readiness_of(conditions.all()).text == "ready\n");
  conditions.set(slow, "ordering", "", "ordering is slow");
  clock.advance(1s);
  conditions.set(slow, "payments", "", "payments is slow");
  CHECK(host::readiness_of(conditions.all()).text == "ready\nordering is slow\npayments is slow\n");
  conditions.set(broken, "", "", "it is broken");
  clock.advance(1s);
  conditions.set(broken, "payments", "", "payments is broken");
  CHECK_FALSE(host::readiness_of(conditions.all()).ready);
  CHECK(host::readiness_of(conditions.all()).text == "it is broken\npayments is broken\n");
  const auto listed = host::conditions_json(conditions.all());
  CHECK(listed.at(0).at("code") == "broken");
  CHECK(listed.at(0).at("severity") == "unready");
  CHECK(listed.at(0).at("since") == "2025-12-18T00:00:01Z");
  CHECK(listed.at(2).at("context") == "ordering");
}
