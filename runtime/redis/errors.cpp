#include "runtime/redis/errors.hpp"

#include <algorithm>
#include <array>

namespace troupe::redis {

namespace {

constexpr std::array passing = {"LOADING",    "BUSY",        "OOM",      "MISCONF",    "READONLY",
                                "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "UNKILLABLE",
                                "NOAUTH",     "WRONGPASS",   "NOPERM",   "DENIED"};

/// Errors without a word of their own.
constexpr std::array passing_sentences = {"ERR max number of clients",
                                          "ERR AUTH <password> called without any password"};

}  // namespace

bool passes(std::string_view error) {
  const auto word = error.substr(0, error.find(' '));
  return std::ranges::find(passing, word) != passing.end()
         || std::ranges::any_of(passing_sentences,
                                [&](const auto* begin) { return error.starts_with(begin); });
}

bool is_full(std::string_view error) { return error.starts_with("ERR max number of clients"); }

}  // namespace troupe::redis
