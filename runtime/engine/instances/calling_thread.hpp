// Runs a resting actor on the thread that sends to it.
#pragma once

#include <cstddef>
#include <utility>

#include <caf/all.hpp>

namespace troupe::engine {

/// A command would otherwise cross from the thread that read it to one of the scheduler's, and its
/// acknowledgement again: two wake-ups of threads that cost more than deciding. An actor that rests
/// is run by its sender instead; one that runs already finds the message in its mailbox, as ever.
///
/// Actors that are woken from within an actor go to the scheduler, so that the stack does not grow
/// and none waits for a handler that hangs. So does one that finds very many messages.
/// Made and used on one thread.
class CallingThread final : public caf::execution_unit {
public:
  explicit CallingThread(caf::actor_system& system);
  CallingThread(const CallingThread&) = delete;
  CallingThread& operator=(const CallingThread&) = delete;
  /// REQUIRES: run() was called after the last send().
  ~CallingThread() override = default;

  /// Messages of one actor that are handled in a row.
  static constexpr std::size_t messages_max = 64;

  /// May be called with locks held; run() not.
  template <class Message>
  void send(const caf::actor& to, Message message) {
    caf::actor_cast<caf::abstract_actor*>(to)->enqueue(
        caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(message)),
        runs_actors() ? nullptr : this);
  }

  /// Runs what send() woke, if anything.
  void run();

  void exec_later(caf::resumable* job) override;

private:
  static bool runs_actors();

  caf::resumable* woken_ = nullptr;
};

}  // namespace troupe::engine
