// The answer of decide(): events to append, nothing (it is already so), or a rejection.
#pragma once

#include <concepts>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <google/protobuf/message.h>

namespace troupe {

/// A refusal the business expects. The code is part of the public contract.
struct Rejection {
  std::string_view code;  ///< such as "stock.out_of_stock"; has static storage
  friend bool operator==(const Rejection&, const Rejection&) = default;
};

/// The closed set of messages a declaration takes or emits.
template <class... Ms>
struct MessageSet {
  using Variant = std::variant<Ms...>;

  template <class M>
  static constexpr bool contains = (std::same_as<M, Ms> || ...);
};

struct Nothing {};
inline constexpr Nothing nothing{};

/// Builds a protobuf message in one expression.
template <class M, class Fill>
[[nodiscard]] M make(Fill&& fill) {
  M message;
  std::forward<Fill>(fill)(message);
  return message;
}

template <class Events>
class [[nodiscard]] Decision {
public:
  using Event = typename Events::Variant;

  Decision(Nothing) {}
  Decision(Rejection rejection) : outcome_(rejection) {}
  Decision(std::vector<Event> events) : outcome_(std::move(events)) {}

  /// One event, or several in their order: `return placed;` or `return {placed, reserved};`.
  template <std::derived_from<google::protobuf::Message>... Es>
    requires(sizeof...(Es) > 0)
  Decision(Es... events) {
    static_assert((Events::template contains<Es> && ...),
                  "decide returns an event that is not among the aggregate's Events");
    if constexpr ((Events::template contains<Es> && ...))
      (std::get<0>(outcome_).emplace_back(std::move(events)), ...);
  }

  bool rejected() const noexcept { return std::holds_alternative<Rejection>(outcome_); }
  const Rejection& rejection() const { return std::get<1>(outcome_); }
  const std::vector<Event>& events() const { return std::get<0>(outcome_); }

private:
  std::variant<std::vector<Event>, Rejection> outcome_;
};

}  // namespace troupe
