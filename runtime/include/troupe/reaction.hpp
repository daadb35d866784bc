// A reaction: somebody's recorded event becomes commands for one's own aggregates. The unit of
// choreography.
#pragma once

#include <concepts>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/message.h>

#include <troupe/aggregate.hpp>

namespace troupe {

/// An event with the envelope facts a handler may use.
template <class E>
struct Recorded {
  std::string_view id;        ///< of the instance that recorded it
  std::uint64_t version = 0;  ///< of the event in that instance
  Time time;                  ///< when it was committed; the same on every redelivery
  const E& data;
};

/// The commands one event asks of A's instances, in an order that depends on the event alone: the
/// runtime numbers them to make command ids that are the same on every redelivery.
template <class A>
class [[nodiscard]] Asks {
public:
  struct One {
    std::string id;  ///< of the instance that is asked; a token, else the event is parked
    std::shared_ptr<const google::protobuf::Message> command;
  };

  template <class C>
  void ask(std::string id, C command) {
    static_assert(A::Commands::template contains<C>, "the aggregate does not take this command");
    all_.push_back({std::move(id), std::make_shared<const C>(std::move(command))});
  }
  const std::vector<One>& all() const noexcept { return all_; }

private:
  std::vector<One> all_;
};

/// `Asks` with a single command.
template <class A, class C>
Asks<A> ask(std::string_view id, C command) {
  Asks<A> asks;
  asks.ask(std::string(id), std::move(command));
  return asks;
}

namespace detail {

/// Of a timer or effect that has been renamed.
template <class P>
consteval bool is_former_name() {
  if constexpr (requires { P::formerly; })
    return is_token(P::formerly) && std::string_view(P::formerly) != P::name;
  return true;
}

template <class R, class E>
consteval bool must_react() {
  static_assert(
      requires(const Recorded<E>& e) {
        { R::on(e) } -> std::same_as<Asks<typename R::Aggregate>>;
      },
      "the reaction has no public static `Asks<Aggregate> on(const Recorded<Event>&)` for this "
      "event");
  return true;
}
template <class R, class... Es>
consteval bool reacts(MessageSet<Es...>*) {
  static_assert(is_token(R::name), "a reaction's name is 1 to 64 of [A-Za-z0-9_-]");
  if constexpr (requires { R::expected; })
    static_assert(
        requires {
          { *std::begin(R::expected) } -> std::convertible_to<const Rejection&>;
        },
        "what a reaction expects is `static constexpr std::array "
        "expected{Aggregate::some_rejection}`");
  return (must_react<R, Es>() && ...);
}

}  // namespace detail

/// A struct with `name`, `Aggregate` (whom it commands), `Events` (what it listens to) and one
/// `static Asks<Aggregate> on(const Recorded<E>&)` for each. May declare
/// `static constexpr std::array expected{Aggregate::some_rejection}`: rejections that end the
/// matter; any other rejection parks the event. Recognised by its base.
struct Reaction {};

template <class R>
concept IsReaction =
    std::derived_from<R, Reaction> && detail::reacts<R>(static_cast<typename R::Events*>(nullptr));

}  // namespace troupe
