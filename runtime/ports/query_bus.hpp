// The way of a question to the read models of a context.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <troupe/model.hpp>
#include "runtime/ports/subject.hpp"

namespace troupe {

/// A place in a stream: from an accepted command, and in a query's answer.
struct Position {
  std::string stream;
  std::uint64_t sequence = 0;
};

struct QueryCall {
  Token context;
  std::string query;  ///< name of the declaration
  SharedMessage question;
  std::optional<Position> at_least;  ///< wait until the views have reached it
  std::chrono::steady_clock::time_point deadline;
};

struct QueryOutcome {
  int code = 0;      ///< 200 answered, 404 miss, 429 too many, 503 store away, 504 not in time
  std::string text;  ///< one sentence, or the reason, unless answered
  SharedMessage reply;
  Position position;     ///< what the views reflect at least
  std::string reason{};  ///< the miss's code, if it is one
};

/// Thread safety: any thread.
class QueryBus {
public:
  /// Runs exactly once, on any thread, and must not block.
  using Answered = std::function<void(QueryOutcome)>;

  virtual ~QueryBus() = default;
  virtual void ask(QueryCall call, Answered answered) = 0;
};

}  // namespace troupe
