// One aggregate instance as an actor: loads itself, decides commands, appends, resolves doubts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <caf/all.hpp>

#include "runtime/base/backoff.hpp"
#include "runtime/base/recent_keys.hpp"
#include "runtime/base/result.hpp"
#include "runtime/engine/instances/calling_thread.hpp"
#include "runtime/engine/instances/decide.hpp"
#include "runtime/engine/instances/instance_kind.hpp"
#include "runtime/engine/instances/look_up.hpp"

namespace troupe::engine {

struct SnapshotFound {
  std::optional<Snapshot> snapshot;
};
struct Loaded {
  Result<std::vector<StoredCommit>> commits;
};
struct LookedBack {
  Result<std::vector<StoredCommit>> commits;
};
struct LookedAt {
  Result<std::vector<StoredCommit>> commits;
};
struct LookAgain {};  ///< after a look into the log failed
struct Appended {
  AppendResult result;
};
struct Wake {};            ///< after a pause between tries
struct DeadlinePassed {};  ///< of a command that waits, perhaps
struct Settle {};          ///< learn what became of an append, though nobody waits for it

/// Everything that an instance is sent, in one type: an actor pays memory for each that it takes.
struct Input {
  std::variant<Waiting, Leave, SnapshotFound, Loaded, LookedBack, LookedAt, LookAgain, Appended,
               Wake, DeadlinePassed, Settle>
      what;
};

/// All state belongs to the actor; ports' completions reach it as messages.
class InstanceActor final : public caf::event_based_actor {
public:
  InstanceActor(caf::actor_config& config, std::shared_ptr<const InstanceKind> kind,
                std::shared_ptr<Presence> presence);

  caf::behavior make_behavior() override;
  const char* name() const override { return "instance"; }
  void on_exit() override;

private:
  /// What the instance waits for; `idle` when it can go on by itself.
  enum class Phase { idle, loading, catching_up, appending, pausing, refusing };

  /// How far it knows the log to reach: the log must never be seen behind it.
  struct HighWater {
    std::uint64_t sequence = 0;
    std::string hash_begin;  // of its commit: enough to tell commits apart, and needs no memory

    static constexpr std::size_t hash_bytes = 15;
    HighWater() = default;
    HighWater(std::uint64_t at, const std::string& hash)
        : sequence(at), hash_begin(hash, 0, hash_bytes) {}
  };

  /// Why nothing is decided: what was read contradicts itself or what was read before.
  struct Refusal {
    Rejected rejected;
    std::chrono::steady_clock::time_point look_again_at;
    Backoff looks{refusal_min, refusal_max};
  };

  const Subject& subject() const noexcept { return presence_->subject; }

  void on(Input& input) noexcept;
  void on(Waiting& waiting);
  void on(const Leave& how);
  void on(const SnapshotFound& found);
  void on(const Loaded& answer);
  void on(const LookedBack& answer);
  void on(const LookedAt& answer);
  void on(const LookAgain& again);
  void on(const Appended& answer);
  void on(const Wake& wake);
  void on(const DeadlinePassed& passed);
  void on(const Settle& settle);
  void advance();
  bool nobody_waits() const;

  // Deciding and appending: instance_actor.cpp.
  void decide_queued();
  void decide_next(PendingAppend& pending, const std::optional<RememberedCommand>& first);
  void crashed(Waiting waiting, const std::string& what);
  void append();
  void appended(const AppendResult& result);
  void acknowledged(std::uint64_t last_sequence);
  void refused(const AppendResult& result);
  void resolve();
  void give_up();
  void pause();
  void weigh();

  // Reading: instance_loading.cpp.
  void load();
  void read_log(std::uint64_t after);
  void catch_up();
  void go_on_from_read();
  void loaded(const Result<std::vector<StoredCommit>>& commits);
  void caught_up(const Result<std::vector<StoredCommit>>& commits);
  void ignore_snapshot();
  bool continues_snapshot(const std::vector<StoredCommit>& commits) const;
  bool fold_all(const StoredCommit* begin, const StoredCommit* end);
  Result<void> fold_next(const StoredCommit& stored);
  bool log_went_back();

  // What only the log knows of a command's id: instance_look_ups.cpp.
  bool set_aside();
  void look_up();
  std::optional<std::vector<RememberedCommand>> commands_of(
      const std::vector<StoredCommit>& commits);
  void look_at_places();
  void look_back();
  void read_back_before(std::uint64_t sequence);
  void end_look_up();
  void look_again_later();

  // Answering and leaving: instance_answers.cpp.
  void expire();
  void answer(Waiting& waiting, Outcome outcome);
  void answer_all(const Outcome& queued);
  void refuse(std::string why, std::string_view reason = {});
  bool refuses();
  void keep_snapshot(std::uint64_t commits_min);
  void leave();

  /// A completion that sends this actor what a port answered, as an `Answer`.
  template <class Answer>
  auto reply_as() {
    return [gate = kind_->gate, self = caf::actor(this)](auto result) {
      gate->pass([&] { caf::anon_send(self, Input{Answer{std::move(result)}}); });
    };
  }
  /// The same for an answer that takes little time to deal with: on the thread that brings it.
  template <class Answer>
  auto reply_here_as() {
    return [gate = kind_->gate, self = caf::actor(this)](auto result) {
      gate->pass([&] {
        CallingThread here(self->home_system());
        here.send(self, Input{Answer{std::move(result)}});
        here.run();
      });
    };
  }

  static constexpr std::chrono::milliseconds pause_min{5};
  static constexpr std::chrono::milliseconds pause_max{1'000};
  /// One that refuses reads its log again when a command comes after so long, and longer each time.
  static constexpr std::chrono::milliseconds refusal_min{1'000};
  static constexpr std::chrono::milliseconds refusal_max{60'000};
  /// What an instance takes beside its fold: actor, mailbox and the table's entry.
  static constexpr std::size_t bytes_without_fold = 2'048;
  /// Ids of commands that crashed twice and are refused; beyond it the oldest gets another chance.
  static constexpr std::size_t crashed_ids_max = 128;

  const std::shared_ptr<const InstanceKind> kind_;
  const std::shared_ptr<Presence> presence_;
  std::shared_ptr<void> gone_;  // somebody waits until this instance lets go of it

  Phase phase_ = Phase::idle;
  std::optional<Fold> fold_;                // none: to be loaded
  std::list<Waiting> queue_;                // in the order of arrival
  std::list<Waiting> aside_;                // till the log has said whether they are repeats
  std::unique_ptr<LookUp> look_up_;         // under way, beside everything else
  std::unique_ptr<PendingAppend> pending_;  // in flight, or its outcome is in doubt
  std::size_t one_by_one_ = 0;  // appends of one commit each, to find the one that is refused
  HighWater high_water_;
  Backoff backoff_{pause_min, pause_max};
  Backoff look_up_backoff_{pause_min, pause_max};
  bool look_up_pauses_ = false;
  bool tried_ = false;  // since the last success
  bool fresh_ = false;  // what was read from the log is being decided on, in this very turn
  bool use_snapshot_ = true;
  bool leaving_ = false;
  std::uint64_t snapshot_commits_ = 0;       // since the last snapshot
  std::uint64_t weigh_at_ = 0;               // version
  std::unique_ptr<RecentKeys> crashed_ids_;  // none until one crashes twice
  std::unique_ptr<Refusal> refusal_;         // none: nothing was wrong at the last look
  std::unique_ptr<OwnCondition> refused_;    // while it refuses
  std::uint64_t skips_known_ = 0;            // changes of the skip list before it last read the log
};

}  // namespace troupe::engine

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::engine::Input)
