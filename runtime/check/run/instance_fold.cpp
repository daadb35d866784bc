// Runs the product's own decide and evolve, which may be faulty.
#include "runtime/check/run/instance_fold.hpp"

#include <exception>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace troupe::check {

bool InstanceFold::apply(const DecodedCommit& commit) {
  try {
    for (const auto& event : commit.events) model_.evolve(*state_, *event);
  } catch (const std::exception&) {
    return false;
  }
  version_ = commit.last_version();
  return true;
}

std::optional<AnyDecision> InstanceFold::decide(const Message& command, const Issue& issue) const {
  try {
    return model_.decide(*state_, command, issue);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::string InstanceFold::bytes() const {
  std::string text;
  {
    google::protobuf::io::StringOutputStream stream(&text);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    state_->SerializeToCodedStream(&coded);
  }
  return text;
}

void InstanceFold::pass_through_snapshot() {
  MessagePtr restored(state_->New());
  restored->ParseFromString(state_->SerializeAsString());
  state_ = std::move(restored);
}

}  // namespace troupe::check
