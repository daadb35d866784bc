// What a node takes in from NATS: commands, queries and the services API of its contexts.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/nats/service/command_ingress.hpp"
#include "runtime/nats/service/query_ingress.hpp"
#include "runtime/nats/service/services.hpp"
#include "runtime/ports/slot_ingress.hpp"

namespace troupe::nats {

struct IngressOptions {
  static constexpr std::size_t commands_max_default = 8'192;
  static constexpr std::size_t queries_max_default = 1'024;

  std::string node;
  std::string durability;         ///< the mode that could be verified, stated in accepted replies
  std::string version = "0.2.0";  ///< of the program, semantic
  /// Of each context, taken and not answered. Over it the answer is 429 at once.
  std::size_t commands_max = commands_max_default;
  std::size_t queries_max = queries_max_default;
  std::uint32_t slots = slots_default;  ///< of each context
  /// Requests may be answered there, too: see Inboxes.
  std::vector<std::string> reply_prefixes;
};

/// Since start.
struct IngressStats {
  std::uint64_t reply_subjects_refused = 0;  ///< requests not taken, as they name no inbox
  std::uint64_t answers_unsent = 0;  ///< that could not be sent, such as those over max_payload
};

/// What its nodes listen on.
struct IngressConnections {
  Connection& requests;
  Connection& slots;  ///< for many subscriptions
};

/// Slots may be opened before the rest, from the start. Each bus answers everything
/// that it was given, at the latest soon after its deadline.
/// REQUIRES: connections, contexts, buses and conditions outlive it.
class Ingress final : public SlotIngress {
public:
  /// What is asked of whoever runs the contexts. Any thread.
  struct Questions {
    std::function<std::size_t(const std::string& context)> instances;  ///< that live here now
    /// Whether another program runs the context on other nodes.
    std::function<bool(const std::string& context)> another_program;
  };

  Ingress(IngressConnections connections, const IngressOptions& options,
          const std::vector<ContextModel>& contexts, CommandBus& commands, QueryBus& queries,
          const Questions& questions, Conditions& conditions);

  /// Stops, and waits for every answer that a bus still owes.
  ~Ingress() override;

  /// Opens all but the slots, or fails.
  Result<void> open();

  Result<void> open_to_all(const Token& context, bool open) override;
  Result<void> open(const Token& context, std::uint32_t slot) override;
  void close(const Token& context, const std::vector<std::uint32_t>& slots) override;

  /// Any thread.
  IngressStats stats() const {
    return {.reply_subjects_refused = responder_.inboxes.refused(),
            .answers_unsent = responder_.answers.unsent()};
  }
  /// What came in for a context and was not handled. Any thread.
  struct Overload {
    std::uint64_t refused = 0;
    std::uint64_t dropped = 0;
  };
  Overload overload(std::string_view context) const;

  /// Takes nothing new but for the slots that are open. Blocks at most `stop_patience`.
  void drain();
  /// Takes nothing new and waits until what is in flight is answered, at most `stop_patience`.
  void stop();
  static constexpr std::chrono::milliseconds stop_patience{5'000};

private:
  std::vector<Service> services_of(const std::vector<ContextModel>& contexts,
                                   const Questions& questions) const;
  std::size_t index_of(std::string_view context) const;
  bool wait_until_answered(std::chrono::milliseconds patience);

  const std::vector<ContextModel>& contexts_;
  const SystemClock clock_;
  Responder responder_;
  std::vector<std::unique_ptr<CommandIngress>> commands_;
  std::vector<std::unique_ptr<QueryIngress>> queries_;
  std::unique_ptr<Services> services_;  // last: shows the endpoints of the others
};

}  // namespace troupe::nats
