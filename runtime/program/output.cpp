#include "runtime/program/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include <fcntl.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "runtime/base/printable.hpp"

namespace troupe::program {

namespace {

std::string& program_name() {
  static std::string name = "troupe";
  return name;
}

/// Why stdout did not take something; 0: it did.
int output_error = 0;

void note_error() {
  if (output_error == 0) output_error = errno != 0 ? errno : EIO;
}

}  // namespace

void name_program(std::string name) { program_name() = std::move(name); }

int complain(ExitCode code, const std::string& sentence) {
  std::fprintf(stderr, "%s: %s\n", program_name().c_str(), printable(sentence).c_str());
  return code;
}

void say(const std::string& text) {
  const auto line = printable_lines(text) + '\n';
  errno = 0;
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) note_error();
  if (std::fflush(stdout) != 0) note_error();
}

void say_json(const nlohmann::ordered_json& value, int indent) {
  say(value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void open_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // Opened for reading stdout takes nothing, as when it is closed.
    const int opened = open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    (void)opened;  // the lowest that is free, which is this one
  }
}

int finish_output(int code) {
  errno = 0;
  std::cout.flush();
  if (!std::cout || std::fflush(stdout) != 0) note_error();
  if (output_error == 0) return code;
  complain(exit_refused,
           std::string("not all of the output could be written: ") + std::strerror(output_error));
  return code == exit_ok ? exit_refused : code;
}

}  // namespace troupe::program
