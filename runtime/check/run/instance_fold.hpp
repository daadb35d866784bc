// One instance's state as the product folds it, commit by commit.
#pragma once

#include <string>

#include "runtime/check/run/decoded_run.hpp"

namespace troupe::check {

class InstanceFold {
public:
  explicit InstanceFold(const AggregateModel& model) : model_(model), state_(model.new_state()) {}

  const AggregateModel& model() const { return model_; }
  const Message& state() const { return *state_; }
  std::uint64_t version() const { return version_; }

  /// False when the domain threw; the state is of no use then.
  bool apply(const DecodedCommit& commit);
  /// Nothing when the domain threw.
  std::optional<AnyDecision> decide(const Message& command, const Issue& issue) const;

  /// The state's bytes, the same for equal states.
  std::string bytes() const;
  /// Writes the state and reads it again, as a snapshot does.
  void pass_through_snapshot();

private:
  const AggregateModel& model_;
  MessagePtr state_;
  std::uint64_t version_ = 0;
};

}  // namespace troupe::check
