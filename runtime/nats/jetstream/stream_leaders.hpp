// Which reads of a stream count: a leader that was deposed answers on for up to 20 s.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/jetstream/api.hpp"

namespace troupe::nats {

/// A server that was cut off from its peers goes on answering STREAM.MSG.GET and STREAM.INFO for
/// the streams it led, from what it had, while another one leads them. What it was told by its
/// replicas, and when, is in its STREAM.INFO; asked after a read, that shows whether the read
/// counts:
///
///   - The answer is of the leader itself, and the one before, from before the read, was of the
///     same. So it cannot be another one that answered the read.
///   - Either it heard all its replicas within `heard_within`: none of them stood for election by
///     then. Or it heard most of them since the read began: none of those followed another.
///
/// A server that was deposed may be heard of again before it hears that itself, and then two answer
/// for one stream. So while a leader is new, it is listened for a second one, and what was read is
/// read once more.
///
/// One question serves all reads of a stream that wait. A stream with one replica needs none.
///
/// What waits is bounded by those who read. Thread safety: any method from any thread; completions
/// run on the connection's threads or the caller's, and must not block.
class StreamLeaders {
public:
  using Answered = std::function<void(ApiResult)>;

  /// A leader hears each replica every 2.0 s at the latest (measured: heartbeats come every second,
  /// and one is left out where an append went before it). A replica that hears nothing waits for 4
  /// s before it stands for election.
  static constexpr std::chrono::milliseconds heard_within{2'500};
  /// So long after an answer nobody else can have led meanwhile and given way again: that takes two
  /// elections.
  static constexpr std::chrono::milliseconds known_for{6'000};
  /// A read begins when the last answer is not older.
  static constexpr std::chrono::milliseconds begins_within{3'000};
  /// An info without an answer for longer is given up.
  static constexpr std::chrono::milliseconds patience{2'000};
  /// A leader is new for so long. A deposed one answers for up to 15 s (measured).
  static constexpr std::chrono::seconds new_for{20};
  /// So long is listened for a second one.
  static constexpr std::chrono::milliseconds listens_for{250};
  /// So often is asked again while replicas are due to be heard.
  static constexpr std::chrono::milliseconds ask_again{100};

  /// REQUIRES: the connection outlives it and what it was asked.
  explicit StreamLeaders(Connection& connection) : connection_(connection) {}

  /// The connection whose reads it judges.
  Connection& connection() const noexcept { return connection_; }

  /// Whether the stream is known to have one replica.
  bool alone(const std::string& stream);

  /// STREAM.INFO by a leader that has heard most of its replicas within `heard_within`.
  void info(const std::string& stream, Answered done);
  ApiResult info_and_wait(const std::string& stream);

  /// How new what is read must be.
  enum class Newness {
    as_asked,  ///< nothing that was acknowledged before it was asked for is missing
    lately,    ///< what may be missing was acknowledged within `heard_within`
  };

  /// STREAM.MSG.GET by the stream's leader, when it counts; else a retryable failure.
  void get(const std::string& stream, const nlohmann::json& which,
           std::chrono::milliseconds timeout, Answered done, Newness newness = Newness::as_asked);
  ApiResult get_and_wait(const std::string& stream, const nlohmann::json& which,
                         std::chrono::milliseconds timeout, Newness newness = Newness::as_asked);

private:
  class Stream;

  std::shared_ptr<Stream> find(const std::string& name);

  Connection& connection_;
  std::mutex mutex_;  // guards the map; its entries stay
  std::map<std::string, std::shared_ptr<Stream>, std::less<>> streams_;
};

}  // namespace troupe::nats
