// given<Aggregate>(past…).when(command).then(events…): a test of a declaration in one line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <troupe/effect.hpp>
#include <troupe/query.hpp>
#include <troupe/testing/pb.hpp>
#include <troupe/timer.hpp>

namespace troupe::testing {

/// When every command is issued and every event committed, unless a test says otherwise:
/// 12:00:00 of day 0, in text format `seconds: 43200`.
inline constexpr Time noon{std::chrono::hours(12)};

// ---- Aggregates: given<A>(past…).when(command).then(events…)

template <Aggregate A, class C>
class Outcome {
public:
  Outcome(typename A::State state, C command)
      : state_(std::move(state)),
        command_(std::move(command)),
        decision_(decide<A>(state_, command_, issue)) {}

  template <class... E>
  Outcome& then(const E&... expected) {
    INFO("command: " << command_.ShortDebugString());
    if (decision_.rejected()) FAIL("rejected with " << decision_.rejection().code);
    REQUIRE(decision_.events().size() == sizeof...(E));
    [[maybe_unused]] std::size_t i = 0;
    (same(decision_.events()[i++], expected), ...);
    return *this;
  }
  void then_nothing() { then(); }
  void then_rejected(Rejection expected) {
    INFO("command: " << command_.ShortDebugString());
    REQUIRE(decision_.rejected());
    CHECK(decision_.rejection().code == expected.code);
  }
  /// Records what was decided and delivers the same command again: nothing may come out.
  void and_a_retry_changes_nothing() {
    for (const auto& event : decision_.events()) evolve<A>(state_, event);
    const auto again = decide<A>(state_, command_, issue);
    REQUIRE_FALSE(again.rejected());
    CHECK(again.events().empty());
  }

private:
  static constexpr Issue issue{.issued_at = noon, .instance_id = "i-1", .command_id = "c-1"};

  template <class E>
  static void same(const typename A::Events::Variant& actual, const E& expected) {
    std::visit([&](const auto& event) { check_same(event, expected); }, actual);
  }

  typename A::State state_;
  C command_;
  Decision<typename A::Events> decision_;
};

template <Aggregate A>
class Given {
public:
  explicit Given(const std::vector<typename A::Events::Variant>& past) {
    for (const auto& event : past) evolve<A>(state_, event);
  }
  template <class C>
  Outcome<A, C> when(C command) const {
    return {state_, std::move(command)};
  }
  const typename A::State& state() const { return state_; }

private:
  typename A::State state_;
};

template <Aggregate A, class... E>
Given<A> given(E... past) {
  return Given<A>({typename A::Events::Variant(std::move(past))...});
}

// ---- Reactions: given<R>().when(id, event).then_asks(asked(id, command), …)

/// What a declaration is expected to ask of an instance.
template <class C>
std::pair<std::string, C> asked(std::string id, C command) {
  return {std::move(id), std::move(command)};
}

template <class A>
class AskOutcome {
public:
  explicit AskOutcome(Asks<A> asks) : asks_(std::move(asks)) {}

  template <class... C>
  void then_asks(const std::pair<std::string, C>&... expected) const {
    REQUIRE(asks_.all().size() == sizeof...(C));
    [[maybe_unused]] std::size_t i = 0;
    (same(asks_.all()[i++], expected), ...);
  }
  void then_nothing() const { then_asks(); }

private:
  template <class C>
  static void same(const typename Asks<A>::One& actual, const std::pair<std::string, C>& expected) {
    CHECK(actual.id == expected.first);
    check_same(*actual.command, expected.second);
  }

  Asks<A> asks_;
};

/// Passes the event to `handle` as recorded by instance `id`, first and at noon.
template <class E, class Handle>
auto as_recorded(const std::string& id, const E& event, Handle&& handle) {
  return handle(Recorded<E>{.id = id, .version = 1, .time = noon, .data = event});
}

template <IsReaction R>
struct GivenReaction {
  template <class E>
  AskOutcome<typename R::Aggregate> when(const std::string& id, const E& event) const {
    return AskOutcome(as_recorded(id, event, [](const auto& e) { return R::on(e); }));
  }
};

template <IsReaction R>
GivenReaction<R> given() {
  return {};
}

// ---- Timers: given<T>().when(id, event).then_arms(due, command), .then_disarms()

template <class A>
class TimerOutcome {
public:
  explicit TimerOutcome(TimerChange<A> change) : change_(std::move(change)) {}

  template <class C>
  void then_arms(Time due, const C& command) const {
    CHECK_FALSE(change_.disarms());
    REQUIRE(change_.due());
    CHECK(*change_.due() == due);
    check_same(*change_.command(), command);
  }
  void then_disarms() const {
    CHECK(change_.disarms());
    CHECK_FALSE(change_.due());
  }

private:
  TimerChange<A> change_;
};

template <IsTimer T>
struct GivenTimer {
  template <class E>
  TimerOutcome<typename T::Aggregate> when(const std::string& id, const E& event) const {
    return TimerOutcome(as_recorded(id, event, [](const auto& e) { return T::on(e); }));
  }
};

template <IsTimer T>
GivenTimer<T> given() {
  return {};
}

// ---- Effects: given<F>().when(id, event).then_requests(request), .answered(answer).then_asks(…)

template <IsEffect F>
class GivenCall {
public:
  using Event = typename F::Event;

  GivenCall(std::string id, Event event) : id_(std::move(id)), event_(std::move(event)) {}

  void then_requests(const typename F::Request& expected) const {
    check_same(as_recorded(id_, event_, [](const auto& e) { return F::request(e); }), expected);
  }
  AskOutcome<typename F::Aggregate> answered(const typename F::Answer& answer) const {
    return AskOutcome(
        as_recorded(id_, event_, [&](const auto& e) { return F::answered(e, answer); }));
  }
  AskOutcome<typename F::Aggregate> failed(const FailedAttempt& attempt) const {
    return AskOutcome(
        as_recorded(id_, event_, [&](const auto& e) { return F::failed(e, attempt); }));
  }

private:
  std::string id_;
  Event event_;
};

template <IsEffect F>
struct GivenEffect {
  GivenCall<F> when(std::string id, typename F::Event event) const {
    return {std::move(id), std::move(event)};
  }
};

template <IsEffect F>
GivenEffect<F> given() {
  return {};
}

// ---- Views: given<V>().when(id, event)….then_row(row)

template <IsView V>
class GivenView {
public:
  /// All events of a test are expected in one row.
  template <class E>
  GivenView& when(const std::string& id, const E& event) {
    as_recorded(id, event, [&](const auto& e) {
      key_ = id;
      if constexpr (requires { V::key(e); }) key_ = V::key(e);
      V::project(row_, e);
    });
    return *this;
  }
  GivenView& then_row(const std::string& key, const typename V::Row& expected) {
    CHECK(key_ == key);
    check_same(row_, expected);
    return *this;
  }
  void then_no_row() const { CHECK(key_.empty()); }

private:
  std::string key_;
  typename V::Row row_;
};

template <IsView V>
GivenView<V> given() {
  return {};
}

// ---- Queries: given<Q>(row<V>(key, row), …).when(question).then(reply), .then_missed(code)

struct StoredRow {
  std::string view;
  std::string key;
  std::string bytes;
};

template <IsView V>
StoredRow row(std::string key, const typename V::Row& row) {
  return {std::string(V::name), std::move(key), row.SerializeAsString()};
}

class StoredRows final : public Views {
public:
  explicit StoredRows(std::vector<StoredRow> rows) : rows_(std::move(rows)) {}

private:
  std::optional<std::string> read(std::string_view view, std::string_view key) const override {
    for (const auto& row : rows_)
      if (row.view == view && row.key == key) return row.bytes;
    return std::nullopt;
  }
  void unreadable(std::string_view view, std::string_view key) const override {
    FAIL("row " << key << " of " << view << " cannot be read");
  }

  std::vector<StoredRow> rows_;
};

template <class Reply>
class AnswerOutcome {
public:
  explicit AnswerOutcome(Answer<Reply> answer) : answer_(std::move(answer)) {}

  void then(const Reply& expected) const {
    REQUIRE(answer_.found());
    check_same(*answer_, expected);
  }
  void then_missed(std::string_view code) const {
    REQUIRE_FALSE(answer_.found());
    CHECK(answer_.miss().code == code);
  }

private:
  Answer<Reply> answer_;
};

template <IsQuery Q>
class GivenRows {
public:
  explicit GivenRows(std::vector<StoredRow> rows) : rows_(std::move(rows)) {}

  AnswerOutcome<typename Q::Reply> when(const typename Q::Question& question) const {
    return AnswerOutcome<typename Q::Reply>(Q::answer(question, rows_));
  }

private:
  StoredRows rows_;
};

template <IsQuery Q, class... Rows>
GivenRows<Q> given(Rows... rows) {
  return GivenRows<Q>({std::move(rows)...});
}

}  // namespace troupe::testing
