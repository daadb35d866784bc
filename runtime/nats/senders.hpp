// Tells who sends most of what comes in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::nats {

/// A message does not say who sent it, but whoever wants an answer says where to: the subjects of
/// one connection differ in their last token only. The latest messages are counted, in a count-min
/// sketch (Cormode and Muthukrishnan, 2005): each sender has a line in each row, which others may
/// share for a while, and sent at most the least of its lines. Whoever makes up a name for each
/// message is taken for many. Not thread safe.
class Senders {
public:
  /// So many messages are counted; then it begins anew, with other neighbours in each line.
  static constexpr std::size_t counted_max = 2'048;
  /// Before so many those counted last are asked, and at the beginning nobody is judged.
  static constexpr std::size_t counted_min = 64;
  /// Whoever sends at least one of so many sends much.
  static constexpr std::size_t share = 8;

  /// Counts a message; whether its sender sends much.
  bool sends_much(std::string_view reply);

private:
  struct Sketch {
    /// With one row an honest client shared the line of one of two flooders in 0.9 % of its
    /// messages.
    static constexpr std::size_t rows = 2;
    static constexpr std::size_t lines = 256;

    /// How often the sender was counted, at most, once `more` are added.
    std::size_t count(std::uint64_t sender, std::uint16_t more);

    std::array<std::array<std::uint16_t, lines>, rows> counts{};
    std::size_t counted = 0;
    std::uint64_t round = 0;
  };

  Sketch latest_;
  Sketch before_;
};

}  // namespace troupe::nats
