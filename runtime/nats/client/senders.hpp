// Tells who sends most of what comes in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::nats {

/// A message does not say who sent it, but whoever wants an answer says where to: the subjects of
/// one connection differ in their last token only. The latest messages are counted in rounds, each
/// in a count-min sketch (Cormode and Muthukrishnan, 2005): every sender has a line in each row,
/// which others may share, and sent at most the least of its lines. Whoever makes up a name for
/// each message is taken for many. Not thread safe.
class Senders {
public:
  /// So many messages are a round; the next has other neighbours in each line.
  static constexpr std::size_t round_messages = 8'192;
  /// So many rounds are remembered: a client that does not run for some tenths of a second sends
  /// nothing, and much again when it does.
  static constexpr std::size_t rounds = 8;
  /// In a round of fewer messages nobody is judged.
  static constexpr std::size_t counted_min = 64;
  /// Whoever sent at least one of so many in one of the rounds sends much.
  static constexpr std::size_t share = 8;

  /// Counts a message; whether its sender sends much.
  bool sends_much(std::string_view reply);

private:
  class Round {
  public:
    Round() = default;
    explicit Round(std::uint64_t number) : number_(number) {}

    void count(std::uint64_t sender);
    bool sent_much(std::uint64_t sender) const;
    bool full() const { return counted_ == round_messages; }
    std::uint64_t number() const { return number_; }

  private:
    /// With one row an honest client shares the line of one of two flooders in 0.9 % of all rounds.
    static constexpr std::size_t rows = 2;
    static constexpr std::size_t lines = 256;

    std::array<std::size_t, rows> lines_of(std::uint64_t sender) const;

    std::array<std::array<std::uint16_t, lines>, rows> counts_{};
    std::size_t counted_ = 0;
    std::uint64_t number_ = 0;
  };

  std::array<Round, rounds> rounds_{};
  std::size_t latest_ = 0;
};

}  // namespace troupe::nats
