// A query: a question to the read models of one context.
#pragma once

#include <concepts>
#include <string_view>
#include <utility>
#include <variant>

#include <troupe/view.hpp>

namespace troupe {

/// A question without an answer. 404 and the code reach the asker.
struct Miss {
  std::string_view code;  ///< such as "order.unknown"; has static storage
};

template <class T>
class [[nodiscard]] Answer {
public:
  Answer(T found) : value_(std::move(found)) {}
  Answer(Miss miss) : value_(miss) {}

  bool found() const noexcept { return value_.index() == 0; }
  const T& operator*() const { return std::get<0>(value_); }
  const Miss& miss() const { return std::get<1>(value_); }

private:
  std::variant<T, Miss> value_;
};

namespace detail {

template <class Q>
consteval bool answers() {
  static_assert(
      requires(const typename Q::Question& question, const Views& views) {
        { Q::answer(question, views) } -> std::same_as<Answer<typename Q::Reply>>;
      },
      "the query has no public static `Answer<Reply> answer(const Question&, const Views&)`");
  return true;
}

}  // namespace detail

/// A struct with `Question` and `Reply` (protobuf; the question's short name is the query's name in
/// `qry.<context>.<Query>`) and `static Answer<Reply> answer(const Question&, const Views&)`.
/// Recognised by its base.
struct Query {};

template <class Q>
concept IsQuery = std::derived_from<Q, Query> && detail::answers<Q>();

}  // namespace troupe
