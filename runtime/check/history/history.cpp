// Turns client events into lines and back.
#include "runtime/check/history/history.hpp"

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace troupe::check {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 6> type_names{"invoke",  "ok",   "rejected",
                                                     "unknown", "read", "nemesis"};

json line_of(ClientEvent::Type type, std::string_view process) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return {{"t", std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()},
          {"p", process},
          {"type", type_names[static_cast<std::size_t>(type)]}};
}

json line_about(ClientEvent::Type type, const CommandTry& what) {
  auto line = line_of(type, what.process);
  line["cmd"] = what.command_id;
  line["subject"] = what.subject;
  line["attempt"] = what.attempt;
  return line;
}

ClientEvent::Type type_named(const std::string& name) {
  for (std::size_t i = 0; i < type_names.size(); ++i)
    if (type_names[i] == name) return static_cast<ClientEvent::Type>(i);
  throw std::invalid_argument("type \"" + name
                              + "\" is none of invoke, ok, rejected, unknown, read, nemesis");
}

CommandTry parsed_try(const json& line) {
  CommandTry what{.process = line.at("p"),
                  .command_id = line.at("cmd"),
                  .subject = line.at("subject"),
                  .attempt = line.at("attempt")};
  if (line.contains("args")) what.args = line.at("args").dump();
  if (line.contains("issued_at"))
    what.issued_at = Time(std::chrono::milliseconds(line.at("issued_at").get<std::int64_t>()));
  return what;
}

/// Throws when a field is missing or has another type; read_history() is the edge.
ClientEvent parsed(const json& line) {
  ClientEvent event;
  event.type = type_named(line.at("type"));
  event.at_ns = line.at("t");
  if (event.type == ClientEvent::Type::nemesis) {
    const auto& fault = line.at("fault");
    const auto name = fault.is_string() ? fault.get<std::string>() : fault.dump();
    event.fault = {.fault = name,
                   .kind = line.value("kind", name),
                   .phase = line.value("phase", std::string()),
                   .target = line.value("target", std::string())};
    return event;
  }
  if (event.type == ClientEvent::Type::read) {
    event.what.process = line.at("p");
    event.read = {.view = line.at("view"), .position = line.at("position")};
    return event;
  }
  event.what = parsed_try(line);
  if (event.type == ClientEvent::Type::ok)
    event.accepted = {.first_version = line.at("v0"),
                      .last_version = line.at("v1"),
                      .stream = line.at("stream"),
                      .sequence = line.at("seq"),
                      .duplicate = line.at("duplicate")};
  if (event.type == ClientEvent::Type::rejected) {
    event.rejection = {.code = RejectionCode{line.at("code").get<std::uint16_t>()},
                       .text = line.at("text"),
                       .reason = line.value("reason", std::string())};
    if (line.contains("decided_at"))
      event.rejection.decided_at = line.at("decided_at").get<std::uint64_t>();
  }
  if (event.type == ClientEvent::Type::unknown) event.why = line.at("why");
  return event;
}

}  // namespace

Result<History> History::open(const std::filesystem::path& folder) {
  return JsonLinesWriter::open(folder / history_file).map([](JsonLinesWriter lines) {
    return History(std::move(lines));
  });
}

void History::invoke(const CommandTry& what) {
  auto line = line_about(ClientEvent::Type::invoke, what);
  if (!what.args.empty()) line["args"] = json::parse(what.args);
  if (what.issued_at) line["issued_at"] = what.issued_at->time_since_epoch().count();
  lines_.write(line);
}

void History::ok(const CommandTry& what, const Accepted& accepted) {
  auto line = line_about(ClientEvent::Type::ok, what);
  line["v0"] = accepted.first_version;
  line["v1"] = accepted.last_version;
  line["stream"] = accepted.stream;
  line["seq"] = accepted.sequence;
  line["duplicate"] = accepted.duplicate;
  lines_.write(line);
}

void History::rejected(const CommandTry& what, const Rejected& rejection) {
  auto line = line_about(ClientEvent::Type::rejected, what);
  line["code"] = number_of(rejection.code);
  if (!rejection.reason.empty()) line["reason"] = rejection.reason;
  line["text"] = rejection.text;
  if (rejection.decided_at) line["decided_at"] = *rejection.decided_at;
  lines_.write(line);
}

void History::unknown(const CommandTry& what, std::string_view why) {
  auto line = line_about(ClientEvent::Type::unknown, what);
  line["why"] = why;
  lines_.write(line);
}

void History::read(std::string_view process, const ViewRead& read) {
  auto line = line_of(ClientEvent::Type::read, process);
  line["view"] = read.view;
  line["position"] = read.position;
  lines_.write(line);
}

void History::answered(const CommandTry& what, const Outcome& outcome) {
  if (const auto* accepted = std::get_if<Accepted>(&outcome))
    ok(what, *accepted);
  else if (const auto* rejection = std::get_if<Rejected>(&outcome))
    rejected(what, *rejection);
  else
    unknown(what, std::get<Unknown>(outcome).text);
}

Result<std::vector<ClientEvent>> read_history(const std::filesystem::path& folder) {
  return read_json_lines(folder / history_file, parsed);
}

Result<std::vector<ClientEvent>> read_faults(const std::filesystem::path& folder) {
  return read_json_lines(folder / nemesis_file, parsed);
}

}  // namespace troupe::check
