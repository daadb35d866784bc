#include "runtime/engine/log_regression.hpp"

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
  return facts && known.sequence > 0 && facts->last_sequence >= known.sequence
         && facts->created == known.created;
}

std::string regression(const KnownLog& known, const SeenLog& seen) {
  if (!seen.facts) return "is gone";
  if (seen.facts->created != known.created)
    return fmt::format("was created anew at {}; the known one is of {}", text(seen.facts->created),
                       text(known.created));
  const auto reached = std::max(known.sequence, known.reached);
  if (seen.facts->last_sequence < reached)
    return fmt::format("ends at sequence {}, but has reached {} before", seen.facts->last_sequence,
                       reached);
  if (known.sequence == 0) return {};
  if (!seen.mark_hash) return fmt::format("has lost its message {}", known.sequence);
  if (!known.hash.empty() && *seen.mark_hash != known.hash)
    return fmt::format("has another message {} than before", known.sequence);
  return {};
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
