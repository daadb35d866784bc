// The id of a notification: one per order and kind, and a token however long the order's id is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <troupe/token.hpp>

namespace notifications {

inline constexpr std::size_t order_id_whole_max = 50;
inline constexpr std::size_t order_id_prefix_size = 36;

/// FNV-1a, 64 bits, in hexadecimal.
inline std::string short_hash(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211u;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4) hex += digits[(hash >> shift) & 0xF];
  return hex;
}

/// `<order>-<kind>`; a long order id is cut and told apart by its hash.
inline std::string notification_id(std::string_view order_id, std::string_view kind) {
  constexpr std::string_view longest_kind = "confirmed";
  static_assert(order_id_whole_max + 1 + longest_kind.size() <= troupe::token_length_max);
  static_assert(order_id_prefix_size + 1 + 16 + 1 + longest_kind.size()
                <= troupe::token_length_max);
  std::string id(order_id);
  if (order_id.size() > order_id_whole_max)
    id = id.substr(0, order_id_prefix_size) + '-' + short_hash(order_id);
  return id + '-' + std::string(kind);
}

}  // namespace notifications
