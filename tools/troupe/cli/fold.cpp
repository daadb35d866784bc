#include "tools/troupe/cli/fold.hpp"

#include <google/protobuf/util/time_util.h>

#include "tools/troupe/cli/readable.hpp"

namespace troupe::tool {

namespace {

/// What keeps the event from being folded, or empty.
std::string evolve(const AggregateModel& model, Message& state, const google::protobuf::Any& any) {
  std::string type;
  google::protobuf::Any::ParseAnyTypeUrl(any.type_url(), &type);
  const auto known = model.events.find(type);
  if (known == model.events.end()) return "its event type '" + type + "' is unknown here";
  const MessagePtr event{known->second->New()};
  if (!event->ParseFromString(any.value())) return "its event " + type + " is damaged";
  model.evolve(state, *event);
  return {};
}

}  // namespace

Result<Folded> fold_instance(const AggregateModel& model, const std::vector<StoredCommit>& stored,
                             const std::optional<google::protobuf::Timestamp>& until) {
  Folded folded{.version = 0, .state = model.new_state(), .commits = {}};
  for (const auto& one : stored) {
    const auto where = "commit " + std::to_string(one.sequence) + " of the stream: ";
    auto commit = parse_commit(one.bytes);
    if (!commit) return permanent(where + commit.error().what);
    if (until && commit->committed_at() > *until) break;
    if (commit->first_version() != folded.version + 1)
      return permanent(where + "version " + std::to_string(commit->first_version())
                       + " follows version " + std::to_string(folded.version));
    for (const auto& event : commit->events())
      if (const auto problem = evolve(model, *folded.state, event); !problem.empty())
        return permanent(where + problem);
    folded.version += static_cast<std::uint64_t>(commit->events_size());
    folded.commits.push_back(std::move(*commit));
  }
  return folded;
}

}  // namespace troupe::tool
