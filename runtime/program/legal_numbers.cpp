#include "runtime/program/legal_numbers.hpp"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>

namespace troupe::program {

namespace {

/// The names that CLI11 gives to the types of options.
constexpr auto unsigned_type = "UINT";
constexpr auto real_type = "FLOAT";

std::string fits(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first != std::string::npos && text[first] == '-') return text + " is negative";
  errno = 0;
  (void)std::strtoull(text.c_str(), nullptr, 0);
  return errno == ERANGE ? text + " is too large" : std::string();
}

std::string finite(const std::string& text) {
  return std::isfinite(std::strtod(text.c_str(), nullptr)) ? std::string() : text + " is no number";
}

}  // namespace

void take_legal_numbers_only(CLI::App& app) {
  for (auto* option : app.get_options()) {
    const auto type = option->get_type_name();
    if (type.starts_with(unsigned_type)) option->check(CLI::Validator(fits, ""));
    if (type.starts_with(real_type)) option->check(CLI::Validator(finite, ""));
  }
  for (auto* command : app.get_subcommands({})) take_legal_numbers_only(*command);
}

}  // namespace troupe::program
