#include "runtime/engine/log_guard/stream_watch.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <spdlog/spdlog.h>

namespace troupe::engine {

StreamWatch::StreamWatch(Dependencies deps, Token context, std::string stream, Kind kind)
    : deps_(deps), context_(std::move(context)), stream_(std::move(stream)), kind_(kind) {}

StreamWatch::Look StreamWatch::look(std::uint64_t reached) {
  const auto record = deps_.inspector.accepted(stream_);
  if (!record) return unsure(record.error());
  if (*record && (!accepted_ || accepted_->accepted_at != (*record)->accepted_at)) {
    const bool another = accepted_.has_value() || went_back_;
    adopt(**record);
    if (another) return {Verdict::accepted};
  }
  if (went_back_) return *went_back_;
  recall();
  return accepted_ ? judge(*record, reached) : begin();
}

StreamWatch::Look StreamWatch::judge(const std::optional<Incarnation>& record,
                                     std::uint64_t reached) {
  const auto facts = deps_.inspector.facts(stream_);
  if (!facts) return unsure(facts.error());
  const auto known = this->known(reached);
  SeenLog seen{*facts, std::nullopt};
  if (kind_ == Kind::queue && seen.facts) seen.facts->missing = 0;
  if (needs_mark_hash(known, *facts)) {
    auto hash = deps_.inspector.hash_at(stream_, known.sequence);
    if (!hash) return unsure(hash.error());
    seen.mark_hash = std::move(*hash);
  }
  auto finding = regression(known, seen);
  if (!finding && !record) finding = {Loss::unrecorded, "is no longer recorded in stream CTL"};
  // Of a stream that is gone nobody can say whether it had several servers, which may start yet.
  if (finding) return suspect(finding, *facts ? (*facts)->leader : "nobody", reached);
  suspicion_.clear();
  if (const auto raised = raise(**facts); raised.verdict != Verdict::fine) return raised;
  if (!(*facts)->weaker.empty()) return {Verdict::weaker, (*facts)->weaker};
  return compare_clocks(**facts);
}

/// Of a queue the message at the mark may be gone: only that the end does not go back is known.
KnownLog StreamWatch::known(std::uint64_t reached) const {
  if (kind_ == Kind::queue)
    return {.created = accepted_->created, .reached = std::max(mark_.sequence, reached)};
  return {.created = accepted_->created,
          .sequence = mark_.sequence,
          .hash = mark_.hash,
          .reached = reached,
          .missing = accepted_->missing};
}

/// Nobody has recorded the stream: this node is the first to serve it, or the record was lost.
StreamWatch::Look StreamWatch::begin() {
  const auto facts = deps_.inspector.facts(stream_);
  if (!facts) return unsure(facts.error());
  if (!*facts) return {Verdict::unsure, "stream " + stream_ + " does not exist"};
  if (const auto seen = compare_clocks(**facts); seen.verdict != Verdict::fine) return seen;
  if (kept_)
    return suspect(
        {Loss::unrecorded, "was served before, up to sequence " + std::to_string(kept_->sequence)
                               + ", but is not recorded in stream CTL"},
        (*facts)->leader, 0);
  const Incarnation first{.created = (*facts)->created,
                          .last_sequence = (*facts)->last_sequence,
                          .accepted_at = deps_.clock.now(),
                          .accepted_by = deps_.node,
                          .missing = (*facts)->missing};
  const auto recorded = deps_.inspector.accept(stream_, first, StreamInspector::Record::first);
  if (!recorded) return unsure(recorded.error());
  const auto record = deps_.inspector.accepted(stream_);  // perhaps another node's
  if (!record) return unsure(record.error());
  if (!*record) return {Verdict::unsure, "the record of stream " + stream_ + " is not to be seen"};
  adopt(**record);
  return judge(*record, 0);
}

StreamWatch::Look StreamWatch::suspect(const Regression& finding, const std::string& leader,
                                       std::uint64_t reached) {
  const auto why = "stream " + stream_ + " " + finding.what;
  if (!suspicion_.sighted(leader, deps_.clock.steady())) return {Verdict::suspicious, why};
  went_back_ = Look{Verdict::went_back, why, finding.loss};
  // What only this process knows must not go with it; which message it was nobody can say, and
  // whatever will stand there is another.
  if (reached > mark_.sequence) mark_ = {mark_.accepted_at, reached, "not what is there now"};
  if (accepted_) keep();
  return *went_back_;
}

StreamWatch::Look StreamWatch::unsure(const Failure& failure) const {
  return {Verdict::unsure, "stream " + stream_ + " cannot be looked at (" + failure.what + ")"};
}

StreamWatch::Look StreamWatch::look_at_clocks() {
  const auto facts = deps_.inspector.facts(stream_);
  if (!facts) return unsure(facts.error());
  return *facts ? compare_clocks(**facts) : Look{Verdict::fine};
}

StreamWatch::Look StreamWatch::compare_clocks(const StreamFacts& facts) {
  const auto apart = std::chrono::duration_cast<std::chrono::seconds>(facts.clock_ahead);
  if (std::chrono::abs(apart) <= clocks_apart_max) return {Verdict::fine};
  return {Verdict::clocks_differ, "this machine's clock is "
                                      + std::to_string(std::abs(apart.count())) + " s "
                                      + (apart.count() > 0 ? "behind" : "ahead of")
                                      + " that of the NATS server: set the one that is wrong"};
}

void StreamWatch::adopt(const Incarnation& record) {
  accepted_ = record;
  mark_ = {record.accepted_at, record.last_sequence, {}};
  if (kept_ && kept_->accepted_at == record.accepted_at) mark_ = *kept_;
  suspicion_.clear();
  went_back_.reset();
}

/// While the store is away the stream is judged without; a mark it turns out to have is checked
/// then. Until it is known nothing is kept in its place.
void StreamWatch::recall() {
  if (recalled_) return;
  auto found = deps_.marks.find(context_, stream_);
  if (!found)
    return spdlog::debug("The mark of {} is not known yet: {}", stream_, found.error().what);
  recalled_ = true;
  kept_ = std::move(*found);
  if (kept_ && accepted_ && kept_->accepted_at == accepted_->accepted_at) mark_ = *kept_;
}

StreamWatch::Look StreamWatch::raise(const StreamFacts& facts) {
  if (kind_ == Kind::queue) {
    mark_.sequence = std::max(mark_.sequence, facts.last_sequence);
  } else if (facts.last_sequence > mark_.sequence || (mark_.hash.empty() && mark_.sequence > 0)) {
    auto hash = deps_.inspector.hash_at(stream_, facts.last_sequence);
    if (!hash) return unsure(hash.error());
    // Nothing at the end would be a loss that the next look finds, if it stays.
    if (*hash) mark_ = {accepted_->accepted_at, facts.last_sequence, std::move(**hash)};
  }
  keep();
  return {Verdict::fine};
}

void StreamWatch::keep() {
  const bool same =
      kept_ && kept_->accepted_at == mark_.accepted_at && kept_->sequence == mark_.sequence;
  if (!recalled_ || same || (mark_.hash.empty() && kind_ == Kind::log)) return;
  if (deps_.marks.raise(context_, stream_, mark_)) kept_ = mark_;
}

}  // namespace troupe::engine
