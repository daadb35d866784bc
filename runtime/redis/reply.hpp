// What Redis answered.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/redis/handles.hpp"

namespace troupe::redis {

/// Reads one value of a reply; of another type than asked for it is nothing.
class Value {
public:
  explicit Value(const redisReply& reply) : reply_(&reply) {}

  bool is_error() const { return reply_->type == REDIS_REPLY_ERROR; }

  std::optional<std::string_view> text() const {
    if (reply_->type != REDIS_REPLY_STRING && reply_->type != REDIS_REPLY_STATUS
        && reply_->type != REDIS_REPLY_ERROR)
      return std::nullopt;
    return std::string_view(reply_->str, reply_->len);
  }

  /// Redis stores numbers as text and its scripts return either.
  std::optional<std::uint64_t> number() const {
    if (reply_->type == REDIS_REPLY_INTEGER && reply_->integer >= 0)
      return static_cast<std::uint64_t>(reply_->integer);
    const auto digits = text();
    if (!digits) return std::nullopt;
    std::uint64_t value = 0;
    const auto* const end = digits->data() + digits->size();
    const auto [stop, error] = std::from_chars(digits->data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
  }

  bool is_nil() const { return reply_->type == REDIS_REPLY_NIL; }

  /// The elements of an array, in order.
  std::vector<Value> elements() const {
    std::vector<Value> values;
    if (reply_->type != REDIS_REPLY_ARRAY) return values;
    values.reserve(reply_->elements);
    for (std::size_t i = 0; i < reply_->elements; ++i) values.emplace_back(*reply_->element[i]);
    return values;
  }

private:
  const redisReply* reply_;
};

/// Owns a reply. Values of it live no longer than it does.
class Reply {
public:
  explicit Reply(ReplyHandle handle) : handle_(std::move(handle)) {}
  Value value() const { return Value(*handle_); }

private:
  ReplyHandle handle_;
};

}  // namespace troupe::redis
