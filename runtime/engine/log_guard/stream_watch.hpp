// Remembers how far one stream reached, and looks whether it is still so.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/engine/log_guard/log_regression.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/high_water_marks.hpp"
#include "runtime/ports/stream_inspector.hpp"

namespace troupe::engine {

/// Not thread safe.
class StreamWatch {
public:
  struct Dependencies {
    StreamInspector& inspector;
    HighWaterMarks& marks;
    const Clock& clock;
    const std::string& node;
  };

  /// A node's and a server's clock; two nodes then differ by less than
  /// CommandMemory::nodes_differ_max.
  static constexpr std::chrono::seconds clocks_apart_max{25};

  enum class Verdict {
    fine,
    unsure,         ///< nobody answered
    suspicious,     ///< there is a contradiction that is not to be believed yet
    went_back,      ///< for good: until another incarnation is accepted
    weaker,         ///< its settings let it lose messages, or it has fewer copies than it should
    clocks_differ,  ///< the log's and this machine's: what would be recorded has a wrong time
    accepted,       ///< another incarnation was: what is known of the stream is void; look again
  };
  struct Look {
    Verdict verdict = Verdict::unsure;
    std::string why{};       ///< a clause that names the stream, unless fine or accepted
    Loss loss = Loss::none;  ///< if it went back
  };

  /// What the stream is for.
  enum class Kind {
    log,    ///< what is in it stays in it
    queue,  ///< what was dealt with goes: only its end can be compared
  };

  StreamWatch(Dependencies deps, Token context, std::string stream, Kind kind = Kind::log);

  /// Records the stream's incarnation when it is the first that serves it. `reached` is the last
  /// sequence that this node otherwise knows to be in the stream. Blocks.
  Look look(std::uint64_t reached);
  /// After a look that found all fine: up to where the stream reached.
  std::uint64_t reached() const noexcept { return mark_.sequence; }
  /// At the clocks alone: clocks_differ, or fine or unsure. Blocks.
  Look look_at_clocks();

private:
  Look judge(const std::optional<Incarnation>& record, std::uint64_t reached);
  Look begin();
  Look suspect(const Regression& finding, const std::string& leader, std::uint64_t reached);
  KnownLog known(std::uint64_t reached) const;
  Look unsure(const Failure& failure) const;
  static Look compare_clocks(const StreamFacts& facts);
  void adopt(const Incarnation& record);
  void recall();
  Look raise(const StreamFacts& facts);
  void keep();

  const Dependencies deps_;
  const Token context_;
  const std::string stream_;
  const Kind kind_;
  std::optional<Incarnation> accepted_;  // nothing: not known yet
  HighWaterMark mark_;
  bool recalled_ = false;              // the kept mark was asked for
  std::optional<HighWaterMark> kept_;  // as far as known
  Suspicion suspicion_;
  std::optional<Look> went_back_;  // for good
};

}  // namespace troupe::engine
