// A durable timer: events arm or disarm it, and when it is due it sends its aggregate a command.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <troupe/reaction.hpp>

namespace troupe {

struct Disarm {};
inline constexpr Disarm disarm{};

/// What an event does to a timer of its own instance.
template <class A>
class [[nodiscard]] TimerChange {
public:
  TimerChange(Nothing) {}
  TimerChange(Disarm) : disarms_(true) {}

  /// At `due` (or later, or more than once) the instance gets `command`. Arming again replaces.
  template <class C>
  static TimerChange arm(Time due, C command) {
    static_assert(A::Commands::template contains<C>, "the aggregate does not take this command");
    TimerChange change{nothing};
    change.due_ = due;
    change.command_ = std::make_shared<const C>(std::move(command));
    return change;
  }

  bool disarms() const noexcept { return disarms_; }
  const std::optional<Time>& due() const noexcept { return due_; }
  const std::shared_ptr<const google::protobuf::Message>& command() const { return command_; }

private:
  bool disarms_ = false;
  std::optional<Time> due_;
  std::shared_ptr<const google::protobuf::Message> command_;
};

namespace detail {

template <class T, class E>
consteval bool must_time() {
  static_assert(T::Aggregate::Events::template contains<E>,
                "a timer listens to events of its own aggregate only");
  static_assert(
      requires(const Recorded<E>& e) {
        { T::on(e) } -> std::same_as<TimerChange<typename T::Aggregate>>;
      },
      "the timer has no public static `TimerChange<Aggregate> on(const Recorded<Event>&)` for this "
      "event");
  return true;
}
template <class T, class... Es>
consteval bool times(MessageSet<Es...>*) {
  static_assert(is_token(T::name), "a timer's name is 1 to 64 of [A-Za-z0-9_-]");
  static_assert(is_former_name<T>(), "the timer's `formerly` is another name that it had");
  return (must_time<T, Es>() && ...);
}

}  // namespace detail

/// A struct with `name`, `Aggregate`, `Events` (of that aggregate) and one
/// `static TimerChange<Aggregate> on(const Recorded<E>&)` for each. Recognised by its base.
/// One timer of a name per instance. The command it sends must tolerate being late or repeated.
/// One that is renamed keeps its first name as `static constexpr std::string_view formerly`: under
/// it timers are stored, so that those which are armed can be disarmed.
struct Timer {};

template <class T>
concept IsTimer =
    std::derived_from<T, Timer> && detail::times<T>(static_cast<typename T::Events*>(nullptr));

}  // namespace troupe
