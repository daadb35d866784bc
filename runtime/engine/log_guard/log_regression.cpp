#include "runtime/engine/log_guard/log_regression.hpp"

#include <algorithm>

#include <google/protobuf/util/time_util.h>
#include <spdlog/fmt/fmt.h>

namespace troupe::engine {

namespace {

std::string text(Instant instant) {
  using google::protobuf::util::TimeUtil;
  return TimeUtil::ToString(to_timestamp(instant));
}

}  // namespace

bool needs_mark_hash(const KnownLog& known, const std::optional<StreamFacts>& facts) {
  return facts && known.sequence > 0 && facts->last_sequence >= known.sequence;
}

Regression regression(const KnownLog& known, const SeenLog& seen) {
  if (!seen.facts) return {Loss::gone, "is gone"};
  const auto& facts = *seen.facts;
  const auto reached = std::max(known.sequence, known.reached);
  const bool ends_before = facts.last_sequence < reached;
  const bool same_at_mark = seen.mark_hash && !known.hash.empty() && *seen.mark_hash == known.hash;
  if (facts.created != known.created) {
    const auto anew = fmt::format("was created anew at {}; the known one is of {}",
                                  text(facts.created), text(known.created));
    if (same_at_mark && !ends_before && facts.missing <= known.missing)
      return {Loss::copied, fmt::format("{}. It has the same message {}, as a restored backup has",
                                        anew, known.sequence)};
    return {Loss::replaced, anew};
  }
  if (ends_before)
    return {Loss::shortened, fmt::format("ends at sequence {}, but has reached {} before",
                                         facts.last_sequence, reached)};
  if (facts.missing > known.missing)
    return {Loss::holed, fmt::format("does not hold {} of its {} messages any more",
                                     facts.missing - known.missing, facts.last_sequence)};
  if (known.sequence == 0) return {};
  if (!seen.mark_hash) return {Loss::holed, fmt::format("has lost its message {}", known.sequence)};
  if (!known.hash.empty() && !same_at_mark)
    return {Loss::altered, fmt::format("has another message {} than before", known.sequence)};
  return {};
}

const char* cure(Loss loss) {
  switch (loss) {
    case Loss::none:
      break;
    case Loss::gone:
      return "Restore it from a backup, or restart the nodes, which create it empty, and accept "
             "that with";
    case Loss::copied:
      return "If that is what you did, confirm it; views stay. Do so with";
    case Loss::replaced:
      return "Restore the known one from a backup, or accept this one with";
    case Loss::shortened:
      return "Restore a copy that has them, or accept what is left of it with";
    case Loss::holed:
      return "Take away what removed them (`nats stream info` shows limits)"
             " and restore a copy that has them. Or accept what is left, which views cannot fold, "
             "with";
    case Loss::altered:
      return "Restore a copy from before, or accept it as it is with";
    case Loss::unrecorded:
      return "If it is the log all the same, have it recorded with";
  }
  return "";
}

bool Suspicion::sighted(const std::string& leader, std::chrono::steady_clock::time_point now) {
  if (sightings_ == 0 || leader != leader_) {
    sightings_ = 0;
    leader_ = leader;
    since_ = now;
  }
  ++sightings_;
  return sightings_ >= sightings_min && (leader_.empty() || now - since_ >= leader_patience);
}

}  // namespace troupe::engine
