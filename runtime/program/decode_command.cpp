// The command decode: a stored commit on stdin, readable JSON on stdout.
#include <array>
#include <cstdio>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "runtime/engine/history/stored_commit.hpp"
#include "runtime/program/commands.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/readable.hpp"

namespace troupe::program {

namespace {

/// NATS carries no larger message.
constexpr std::size_t commit_bytes_max = 64U << 20U;

std::optional<std::string> read_stdin() {
  std::string all;
  std::array<char, 65'536> chunk;
  while (const auto read = std::fread(chunk.data(), 1, chunk.size(), stdin)) {
    all.append(chunk.data(), read);
    if (all.size() > commit_bytes_max) return std::nullopt;
  }
  return all;
}

int decode(bool on_one_line) {
  const auto bytes = read_stdin();
  if (!bytes) return complain(exit_refused, "stdin is longer than any commit");
  // Also what nodes do not take for one is shown, as far as it goes.
  const auto sound = engine::parse_commit(*bytes);
  v1::Commit commit;
  if (!commit.ParseFromString(*bytes) || commit.context().empty() || commit.events().empty())
    return complain(exit_refused, "this is no stored commit (troupe.v1.Commit): "
                                      + (sound ? "it has no events" : sound.error().what));
  say_json(describe_commit(commit), on_one_line ? -1 : 2);
  if (!sound) complain(exit_ok, "nodes take it for no commit: " + sound.error().what);
  return exit_ok;
}

}  // namespace

void add_decode_command(CLI::App& app, Run& run, const Parts& parts) {
  auto* command = app.add_subcommand("decode", "Turn a stored commit on stdin into readable JSON");
  auto on_one_line = std::make_shared<bool>(false);
  command->add_flag("--json", *on_one_line, "JSON on one line");
  command->footer(
      fmt::format("Example:\n"
                  "  nats stream view EVT_BILLING --translate \"{} decode\"",
                  parts.name));
  command->callback([&run, on_one_line] { run = [on_one_line] { return decode(*on_one_line); }; });
}

}  // namespace troupe::program
