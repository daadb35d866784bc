// Collects findings and writes them for people and for programs.
#include "runtime/check/run/report.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace troupe::check {

Report::Report(const std::vector<Invariant>& own) : rules_(invariants.begin(), invariants.end()) {
  rules_.insert(rules_.end(), own.begin(), own.end());
  // I9 stands before I10.
  std::ranges::stable_sort(rules_, {},
                           [](const Invariant& one) { return std::pair(one.id.size(), one.id); });
}

void Report::violated(std::string_view invariant, std::string sentence, std::string witness) {
  if (++found_[std::string(invariant)] > violations_kept_max) return;
  violations_.push_back({std::string(invariant), std::move(sentence), std::move(witness)});
}

void Report::not_checked(std::string_view invariant, std::string why) {
  not_checked_.push_back({std::string(invariant), std::move(why)});
}

void Report::count(std::string_view counter, std::uint64_t by) {
  const auto found = counters_.find(counter);
  if (found == counters_.end())
    counters_.emplace(counter, by);
  else
    found->second += by;
}

std::uint64_t Report::found(std::string_view invariant) const {
  const auto found = found_.find(invariant);
  return found == found_.end() ? 0 : found->second;
}

namespace {

/// "ok", "violated" or "not checked", which is also said of what was not checked in full.
std::string_view result(const Report& report, std::string_view invariant) {
  if (report.found(invariant) != 0) return "violated";
  for (const auto& gap : report.not_checked())
    if (gap.invariant == invariant) return "not checked";
  return "ok";
}

/// "3 violations", else as above.
std::string verdict(const Report& report, std::string_view invariant) {
  const auto found = report.found(invariant);
  if (found == 0) return std::string(result(report, invariant));
  return fmt::format("{} violation{}", found, found == 1 ? "" : "s");
}

}  // namespace

std::string to_text(const Report& report) {
  std::string text;
  for (const auto& [id, rule] : report.rules())
    text += fmt::format("{:<4} {:<14} {}\n", id, verdict(report, id), rule);

  if (!report.not_checked().empty()) text += "\nnot checked, or not in full\n";
  for (const auto& gap : report.not_checked())
    text += fmt::format("  {:<4} {}\n", gap.invariant, gap.why);

  if (!report.passed()) text += "\nviolations\n";
  for (const auto& violation : report.violations())
    text += fmt::format("  {:<4} {}\n       {}\n", violation.invariant, violation.sentence,
                        violation.witness);

  text += "\nseen";
  for (const auto& [name, count] : report.counters())
    text += fmt::format("\n  {:<32} {:>12}", name, count);
  return text;
}

nlohmann::json to_json(const Report& report) {
  auto json = nlohmann::json{{"passed", report.passed()},
                             {"violations", nlohmann::json::array()},
                             {"found", nlohmann::json::object()},
                             {"not_checked", nlohmann::json::array()},
                             {"invariants", nlohmann::json::array()},
                             {"counters", report.counters()}};
  for (const auto& violation : report.violations())
    json["violations"].push_back({{"invariant", violation.invariant},
                                  {"sentence", violation.sentence},
                                  {"witness", violation.witness}});
  for (const auto& [id, rule] : report.rules()) {
    if (const auto found = report.found(id)) json["found"][std::string(id)] = found;
    json["invariants"].push_back({{"id", id}, {"result", result(report, id)}});
  }
  for (const auto& gap : report.not_checked())
    json["not_checked"].push_back({{"invariant", gap.invariant}, {"why", gap.why}});
  return json;
}

}  // namespace troupe::check
