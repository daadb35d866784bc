#include "tools/shop/demo/summary.hpp"

#include <cstdio>

namespace troupe::tool {

namespace {

constexpr const char* by_customer = "customer";

std::uint64_t cancelled_by_customer(const DriveResult& result) {
  const auto found = result.flow.reasons.find(by_customer);
  return found == result.flow.reasons.end() ? 0 : found->second;
}

std::string line(const std::string& name, const std::string& value) {
  char text[80];
  std::snprintf(text, sizeof text, "%-36s %10s\n", name.c_str(), value.c_str());
  return text;
}

std::string line(const std::string& name, std::uint64_t value) {
  return line(name, std::to_string(value));
}

std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

double milliseconds(Histogram::Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

std::string summary_text(const DriveResult& result, const check::Report& check) {
  std::string text = line("orders placed", result.flow.placed);
  text += line("  confirmed", result.flow.standing);
  text += line("  cancelled", result.flow.cancelled);
  for (const auto& [reason, count] : result.flow.reasons) text += line("    " + reason, count);
  text += line("orders rejected", result.rejected);
  for (const auto& [code, count] : result.rejections) text += line("    " + code, count);
  text += line("cancellations with nothing to cancel", result.nothing_to_cancel);
  text += line("refunds", result.flow.refunds);
  text += line("lines restocked", result.flow.restocks);
  text += line("commands sent by clients", result.commands);
  text += line("commits", result.flow.commits);
  text += line("events", result.flow.events);
  text += line("seconds", seconds(result.seconds));
  text += line("seconds to an order's end, median",
               seconds(milliseconds(result.order_times.at(0.5)) / 1'000));
  text += "\n" + to_text(check);
  for (const auto& problem : result.problems) text += "\nproblem: " + problem;
  return text;
}

nlohmann::ordered_json summary_json(const DriveResult& result, const check::Report& check) {
  auto reasons = nlohmann::ordered_json::object();
  for (const auto* counts : {&result.flow.reasons, &result.rejections})
    for (const auto& [reason, count] : *counts) reasons[reason] = count;
  const auto report = to_json(check);
  nlohmann::ordered_json json{{"orders",
                               {{"placed", result.flow.placed},
                                {"confirmed", result.flow.standing},
                                {"cancelled", result.flow.cancelled},
                                {"cancelled_by_customer", cancelled_by_customer(result)},
                                {"rejected", result.rejected},
                                {"nothing_to_cancel", result.nothing_to_cancel}}},
                              {"reasons", reasons},
                              {"commands", result.commands},
                              {"commits", result.flow.commits},
                              {"events", result.flow.events},
                              {"seconds", result.seconds},
                              {"order_ms",
                               {{"p50", milliseconds(result.order_times.at(0.5))},
                                {"p99", milliseconds(result.order_times.at(0.99))},
                                {"p999", milliseconds(result.order_times.at(0.999))}}},
                              {"cpu_s", result.cpu_s},
                              {"violations", report.at("violations")},
                              {"not_checked", report.at("not_checked")}};
  if (!result.problems.empty()) json["problems"] = result.problems;
  return json;
}

}  // namespace troupe::tool
