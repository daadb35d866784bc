// One reader's place in a JetStream stream, kept through reconnects and restarts of the server.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "runtime/base/mailbox.hpp"
#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/ports/event_cursor.hpp"

namespace troupe::nats {

/// Reads through a short-lived consumer without acknowledgements, and checks that no sequence is
/// missing. Whatever goes wrong with a consumer, the next one starts behind the last commit that
/// came. Everything but the mailbox belongs to the thread that calls `next`.
class JetStreamEventCursor final : public EventCursor {
public:
  /// Asked for at a time; the next pull goes out when no more than this waits to be handed out, so
  /// that at most twice as many are in memory.
  static constexpr std::size_t pull_commits_max = 2'048;
  static constexpr std::size_t pull_bytes_max = 8 * 1'024 * 1'024;
  static constexpr std::chrono::milliseconds pull_expires{10'000};
  static constexpr std::chrono::milliseconds heartbeat{1'000};
  /// A consumer that is silent for longer is given up.
  static constexpr std::chrono::milliseconds silence_max{3'000};
  /// The server forgets a consumer nobody pulls from after this.
  static constexpr std::chrono::milliseconds inactive_max{30'000};
  static constexpr std::chrono::milliseconds restart_wait{100};
  /// A new leader may know less for a moment, and a lost connection may lose what it carried: a gap
  /// or a shorter stream is believed when that many consumers in a row see it.
  static constexpr int sightings_to_believe = 3;

  JetStreamEventCursor(StreamLeaders& leaders, std::string stream, std::uint64_t after);
  ~JetStreamEventCursor() override;

  Result<std::vector<StoredCommit>> next(std::size_t max,
                                         std::chrono::milliseconds patience) override;

private:
  using Clock = std::chrono::steady_clock;

  struct StreamSeen {
    Result<std::uint64_t> last;
  };
  struct ConsumerMade {
    Result<void> made;
  };
  struct Heard {};      ///< a heartbeat
  struct PullEnded {};  ///< nothing more comes before the next pull
  struct Lost {
    std::string why;
  };
  /// What other threads tell this one.
  struct Note {
    std::uint64_t session;  ///< 0: any
    std::variant<StoredCommit, StreamSeen, ConsumerMade, Heard, PullEnded, Lost> what;
  };
  using Notes = Mailbox<Note>;

  static Note read_message(std::uint64_t session, const Received& message);

  void begin_session();
  void end_session();
  void lose_session(std::string why);
  /// Like losing it; the third time in a row at one place it is the truth.
  void suspect(std::string what);
  void pull();
  void keep_going();
  Clock::time_point next_thing_to_do() const;
  std::vector<StoredCommit> take(std::size_t max);

  void handle(Note note);
  void on(StoredCommit commit);
  void on(const StreamSeen& seen);
  void on(const ConsumerMade& made);
  void on(Heard) {}
  void on(PullEnded) { asked_for_ = 0; }
  void on(Lost lost) { lose_session(std::move(lost.why)); }

  StreamLeaders& leaders_;
  Connection& connection_;
  const std::string stream_;
  std::uint64_t received_;            ///< sequence of the last commit that came
  std::deque<StoredCommit> waiting_;  ///< came, not handed out yet

  std::uint64_t sessions_ = 0;  ///< a session is one consumer's life; this is the latest's number
  bool in_session_ = false;
  bool consumer_made_ = false;
  std::string consumer_;
  std::string inbox_;
  std::size_t asked_for_ = 0;  ///< by the pull under way
  Clock::time_point heard_at_;
  Clock::time_point restart_at_;
  int suspicions_ = 0;
  std::string trouble_;              ///< why there is no consumer, for the caller
  std::optional<Failure> finished_;  ///< the stream is not what it was

  std::shared_ptr<Notes> notes_ = std::make_shared<Notes>();
  std::shared_ptr<void> watch_;
  std::unique_ptr<Connection::Subscribed> subscribed_;
};

}  // namespace troupe::nats
