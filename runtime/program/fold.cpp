#include "runtime/program/fold.hpp"

#include <future>
#include <memory>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "runtime/base/thrown.hpp"

namespace troupe::program {

Result<std::vector<StoredCommit>> load_and_wait(EventLog& log, const Subject& subject) {
  const auto loaded = std::make_shared<std::promise<Result<std::vector<StoredCommit>>>>();
  log.load(subject, 0, [loaded](auto commits) { loaded->set_value(std::move(commits)); });
  return loaded->get_future().get();
}

Result<Folded> fold_instance(const AggregateModel& model, const engine::CommitReader& reader,
                             const std::vector<StoredCommit>& stored,
                             const std::optional<google::protobuf::Timestamp>& until) try {
  Folded folded{.fold = engine::Fold(model), .commits = {}, .skipped = {}};
  for (const auto& one : stored) {
    auto read = reader.read(one);
    if (!read) return tl::make_unexpected(std::move(read.error()));
    if (!*read) {
      folded.fold.pass_over(one);
      folded.skipped.push_back(one.sequence);
      continue;
    }
    auto& commit = (*read)->commit;
    if (until && commit.committed_at() > *until) break;
    if (const auto applied = folded.fold.apply(one, commit); !applied)
      return permanent(reader.poison(one, applied.error().what));
    folded.commits.push_back(std::move(commit));
  }
  return folded;
} catch (...) {
  return permanent("folding its events threw: " + engine::what_was_thrown());
}

}  // namespace troupe::program
