// A view: a read model whose rows are folds of events, and what a query may use to read them.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include <troupe/reaction.hpp>

namespace troupe {

namespace detail {

template <class V, class E>
consteval bool must_project() {
  static_assert(
      requires(typename V::Row & row, const Recorded<E>& e) {
        { V::project(row, e) } -> std::same_as<void>;
      },
      "the view has no public static `void project(Row&, const Recorded<Event>&)` for this event");
  return true;
}
template <class V, class... Es>
consteval bool projects(MessageSet<Es...>*) {
  static_assert(is_token(V::name), "a view's name is 1 to 64 of [A-Za-z0-9_-]");
  return (must_project<V, Es>() && ...);
}

}  // namespace detail

/// A struct with `name`, `Row` (protobuf), `Events` (of its own context) and one
/// `static void project(Row&, const Recorded<E>&)` for each. The row's key is the instance's id,
/// or what `static std::string key(const Recorded<E>&)` says for every event; an empty key means
/// that the event concerns no row. Recognised by its base.
///
/// A row whose key is shared by several instances must store each instance's contribution, so that
/// a fold stays a fold.
struct View {};

template <class V>
concept IsView =
    std::derived_from<V, View> && detail::projects<V>(static_cast<typename V::Events*>(nullptr));

/// Read access to the rows of the views of one context, at some recent position.
class Views {
public:
  virtual ~Views() = default;

  template <IsView V>
  std::optional<typename V::Row> get(std::string_view key) const {
    const auto bytes = read(V::name, key);
    if (!bytes) return std::nullopt;
    typename V::Row row;
    if (row.ParseFromString(*bytes)) return row;
    unreadable(V::name, key);
    return std::nullopt;
  }

private:
  virtual std::optional<std::string> read(std::string_view view, std::string_view key) const = 0;
  /// There is a row, and it is none of this view: the question is then not answered at all.
  virtual void unreadable(std::string_view view, std::string_view key) const = 0;
};

}  // namespace troupe
