// Runs a resting actor on the thread that sends to it.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <caf/all.hpp>

namespace troupe::engine {

/// A command would otherwise cross from the thread that read it to one of the scheduler's, and its
/// acknowledgement again: two wake-ups of threads that cost more than deciding. An actor that rests
/// is run by its sender instead; one that runs already finds the message in its mailbox, as ever.
///
/// What actors do meanwhile may send again: those that this wakes run afterwards, one after the
/// other, so that the stack does not grow. An actor that finds very many messages is handed to the
/// scheduler. Made and used on one thread.
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
        runner());
  }

  /// Runs what send() woke. Returns at once on a thread that is running actors already, which does
  /// it then.
  void run();

  void exec_later(caf::resumable* job) override { jobs_.push_back(job); }

private:
  caf::execution_unit* runner();

  std::vector<caf::resumable*> jobs_;
};

}  // namespace troupe::engine
