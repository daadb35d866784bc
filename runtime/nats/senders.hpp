// Tells who sends most of what comes in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::nats {

/// A message does not say who sent it, but whoever wants an answer says where to: the subjects of
/// one connection differ in their last token only. Counted are the latest messages, in lines that
/// several senders may share for a while. Whoever makes up a name for each message is taken for
/// many. Not thread safe.
class Senders {
public:
  /// So many messages are counted; then it begins anew, with other neighbours in each line.
  static constexpr std::size_t counted_max = 2'048;
  /// Before so many nobody is judged.
  static constexpr std::size_t counted_min = 64;
  /// Whoever sends at least one of so many sends much.
  static constexpr std::size_t share = 8;

  /// Counts a message; whether its sender sends much.
  bool sends_much(std::string_view reply);

private:
  static constexpr std::size_t lines = 256;

  std::array<std::uint16_t, lines> counts_{};
  std::size_t counted_ = 0;
  std::size_t round_ = 0;
};

}  // namespace troupe::nats
