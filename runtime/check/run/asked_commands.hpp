// The commands that events ask for, recomputed from the declarations the product itself runs.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/check/run/decoded_run.hpp"

namespace troupe::check {

struct Asked {
  EventAt cause;
  std::string target;  ///< evt. subject
  std::string command_type;
  std::string command_hash;
  std::string consumer;                     ///< that hears the event; "timer" for a timer
  const ReactionModel* reaction = nullptr;  ///< null for a timer
  SharedMessage command;                    ///< kept only when the log has no commit for it
};

/// Every command that some event of a run asks for, by its id; those of effects are not among them,
/// because the log does not hold the answers. Points into the run.
class AskedCommands {
public:
  explicit AskedCommands(const DecodedRun& run);

  /// Null when no event asks for it.
  const Asked* find(const std::string& id) const;
  const std::unordered_map<std::string, Asked>& all() const { return asked_; }

private:
  struct Listener {
    Token context;
    Token aggregate;
    std::string consumer;
    const ReactionModel* reaction;
  };
  /// Who asks, beside the event.
  struct Asker {
    std::string_view consumer;
    std::string_view name;
    const ReactionModel* reaction = nullptr;
  };

  void add_listeners(const ContextModel& model);
  void add(const EventAt& event, const DecodedContext& context);
  void add_reaction(const EventAt& event, const Listener& listener);
  void add(const EventAt& event, const Asker& asker, const std::string& target,
           const SharedMessage& command, std::uint32_t ordinal);

  const DecodedRun& run_;
  std::unordered_map<const google::protobuf::Descriptor*, std::vector<Listener>> listeners_;
  std::unordered_map<std::string, Asked> asked_;
};

}  // namespace troupe::check
