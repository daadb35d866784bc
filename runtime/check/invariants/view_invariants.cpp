// I15: rows recomputed from the log by the views' own projections, in one go and from the start.
#include <map>
#include <string>

#include <google/protobuf/util/message_differencer.h>

#include "runtime/check/invariants/invariants.hpp"

namespace troupe::check {

namespace {

using Rows = std::map<std::string, MessagePtr, std::less<>>;

/// Nothing when the projection threw.
std::optional<Rows> project(const DecodedContext& context, const ViewModel& view) try {
  Rows rows;
  for (const auto& commit : context.commits)
    for (std::size_t i = 0; i < commit.events.size(); ++i) {
      const EventAt event{&commit, i};
      if (!view.events.contains(event.data().GetDescriptor()->full_name())) continue;
      const auto key = view.key(event.facts(), event.data());
      if (key.empty()) continue;
      auto& row = rows[key];
      if (!row) row.reset(view.row->New());
      view.project(*row, event.facts(), event.data());
    }
  return rows;
} catch (...) {
  return std::nullopt;
}

void check_row(const std::string& witness, const Message& expected, const std::string& bytes,
               Report& report) {
  const MessagePtr row(expected.New());
  if (!row->ParseFromString(bytes))
    return report.violated("I15", "the row's bytes make no sense", witness);
  std::string differences;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&differences);
  if (!differencer.Compare(*row, expected))
    report.violated("I15", "the row is not what the log says: " + differences, witness);
}

void check_rows(const std::string& witness, const Rows& expected, const ViewContent& view,
                Report& report) {
  for (const auto& [key, row] : expected) {
    const auto actual = view.rows.find(key);
    if (actual == view.rows.end())
      report.violated("I15", "a row is missing", witness + ", key " + key);
    else
      check_row(witness + ", key " + key, *row, actual->second, report);
  }
  for (const auto& [key, bytes] : view.rows)
    if (!expected.contains(key))
      report.violated("I15", "there is a row that the log knows nothing of",
                      witness + ", key " + key);
  report.count("rows", view.rows.size());
}

void check_view(const DecodedContext& context, const ViewModel& model, Report& report) {
  const auto witness = context.model->name + " view " + model.name;
  const auto found = context.run->views.find(model.name);
  if (found == context.run->views.end())
    return report.not_checked("I15", witness + " was not collected");
  const auto& view = found->second;
  if (view.checkpoint != context.run->last_sequence)
    report.violated("I15",
                    "the checkpoint is " + std::to_string(view.checkpoint)
                        + ", the stream ends with " + std::to_string(context.run->last_sequence),
                    witness);
  if (const auto expected = project(context, model))
    check_rows(witness, *expected, view, report);
  else
    report.violated("I15", "its projection fails", witness);
}

}  // namespace

void check_views(const DecodedRun& run, Report& report) {
  for (const auto& context : run.contexts())
    for (const auto& view : context.model->views) check_view(context, view, report);
}

}  // namespace troupe::check
