// I20 and I22: the log did not go back, and holds only what belongs into it.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "runtime/check/invariants/invariants.hpp"

namespace troupe::check {

namespace {

/// What a stored event's headers may be: its fence, its place in an atomic batch, and its trace.
constexpr std::array<std::string_view, 5> legal_headers{"Nats-Expected-Last-Subject-Sequence",
                                                        "Nats-Batch-Id", "Nats-Batch-Sequence",
                                                        "Nats-Batch-Commit", "traceparent"};

/// Sequences that somebody saw must still be there, and hold what they held.
void check_acknowledged(const DecodedRun& run, const std::vector<ClientEvent>& history,
                        Report& report) {
  std::map<std::string, std::uint64_t> ends;  // by stream
  for (const auto& context : run.contexts())
    if (const auto token = Token::parse(context.model->name))
      ends[stream_name(StreamKind::events, *token)] = context.run->last_sequence;
  std::map<std::pair<std::string_view, std::uint64_t>, const ClientEvent*> holders;
  for (const auto& event : history) {
    if (event.type != ClientEvent::Type::ok || event.accepted.first_version == 0) continue;
    const auto& [stream, sequence] = std::tie(event.accepted.stream, event.accepted.sequence);
    const auto end = ends.find(stream);
    if (end == ends.end()) continue;
    if (sequence > end->second)
      report.violated("I20",
                      stream + " ends with " + std::to_string(end->second) + ", but "
                          + std::to_string(sequence) + " was acknowledged",
                      witness(event));
    const auto holder = holders.try_emplace({stream, sequence}, &event).first->second;
    if (holder->what.command_id != event.what.command_id)
      report.violated("I20",
                      "sequence " + std::to_string(sequence) + " of " + stream
                          + " was acknowledged to two commands, so the log went back between them",
                      witness(*holder) + " and " + witness(event));
  }
}

void check_life(const std::string& stream, const StreamSummary& facts, std::uint64_t last_sequence,
                const v1::Incarnation& accepted, Report& report) {
  using google::protobuf::util::TimeUtil;
  if (accepted.created() != facts.created)
    report.violated("I20",
                    "it was created at " + TimeUtil::ToString(facts.created)
                        + ", the nodes accepted the one of "
                        + TimeUtil::ToString(accepted.created()),
                    stream);
  else if (accepted.last_sequence() > last_sequence)
    report.violated("I20",
                    "it ends with " + std::to_string(last_sequence) + ", and ended with "
                        + std::to_string(accepted.last_sequence()) + " when it was accepted",
                    stream);
}

void check_header(const DecodedContext& context, const std::string& key, const HeaderUse& use,
                  Report& report) {
  const auto skips = [&](std::uint64_t sequence) { return context.skips(sequence); };
  const auto excused = static_cast<std::uint64_t>(std::ranges::count_if(use.sequences, skips));
  if (excused == use.messages) return;
  const auto first = std::ranges::find_if_not(use.sequences, skips);
  report.violated(
      "I22", std::to_string(use.messages - excused) + " messages have the header " + key,
      "stream of " + context.model->name
          + (first == use.sequences.end() ? "" : ", first at sequence " + std::to_string(*first)));
}

void check_replicas(const DecodedContext& context, Report& report) {
  if (!context.run->backlog) return;
  const auto& replicas = context.run->backlog->replicas;
  for (const auto& replica : replicas)
    if (!is_level(replica))
      report.violated(
          "I20",
          "replica " + replica.name + " is " + std::to_string(replica.lag) + " messages behind",
          "stream of " + context.model->name);
  if (!replicas.empty())
    report.not_checked("I20", "what the replicas of " + context.model->name
                                  + " hold was not compared, only how far they are");
}

void check_facts(const DecodedContext& context, const StreamSummary& facts, Report& report) {
  const auto place = "stream of " + context.model->name;
  if (facts.first_sequence > 1)
    report.violated("I20", "it begins with sequence " + std::to_string(facts.first_sequence),
                    place);
  for (const auto& [key, use] : facts.headers)
    if (std::find(legal_headers.begin(), legal_headers.end(), key) == legal_headers.end())
      check_header(context, key, use, report);
}

void check_subjects(const DecodedContext& context, Report& report) {
  for (const auto& stored : context.run->log) {
    if (context.skips(stored.sequence)) continue;
    const auto instance = instance_of(stored.subject);
    if (!instance || instance->context.str() != context.model->name)
      report.violated("I22", "the subject is not that of an instance of " + context.model->name,
                      place(stored));
  }
}

void check_views_behind(const DecodedContext& context, Report& report) {
  for (const auto& [name, view] : context.run->views)
    if (view.checkpoint > context.run->last_sequence)
      report.violated("I20",
                      "it is at " + std::to_string(view.checkpoint) + ", the stream ends with "
                          + std::to_string(context.run->last_sequence),
                      context.model->name + " view " + name);
}

}  // namespace

void check_streams(const DecodedRun& run, const ControlLog* control, Report& report) {
  if (run.run().history)
    check_acknowledged(run, *run.run().history, report);
  else
    report.not_checked("I20", "there is no history of sequences that were acknowledged");
  if (control != nullptr && control->replaced > 0)
    report.count("streams replaced by hand", control->replaced);
  std::string unsaid;
  for (const auto& context : run.contexts()) {
    check_subjects(context, report);
    check_views_behind(context, report);
    check_replicas(context, report);
    const auto& facts = context.run->stream;
    if (!facts) {
      unsaid += ' ' + context.model->name;
      continue;
    }
    check_facts(context, *facts, report);
    const auto stream = stream_name(StreamKind::events, Token::parse(context.model->name).value());
    if (control == nullptr) continue;
    if (const auto life = control->incarnations.find(stream); life != control->incarnations.end())
      check_life(stream, *facts, context.run->last_sequence, life->second, report);
  }
  if (unsaid.empty()) return;
  for (const auto* id : {"I20", "I22"})
    report.not_checked(id,
                       "nobody said more of these contexts' streams than what they hold:" + unsaid);
}

}  // namespace troupe::check
