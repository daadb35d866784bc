#include "runtime/ports/stored_subject.hpp"

#include <algorithm>

#include "runtime/base/assert.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe {

namespace {

constexpr std::size_t hash_digits = 32;

std::string before_source(const Token& context, const Token& consumer) {
  return "dlq." + context.str() + "." + consumer.str() + ".";
}

bool is_printable(char c) { return c > ' ' && c <= '~'; }

}  // namespace

std::string shown(std::string_view text) {
  if (std::ranges::all_of(text, is_printable)) return std::string(text);
  std::string clean;
  for (const char c : text)
    if (is_printable(c))
      clean += c;
    else
      clean.append("%").append(to_hex({&c, 1}));
  return clean;
}

std::optional<Instance> instance_of(const StoredSubject& subject) {
  const auto legal = Subject::parse(subject.str());
  return legal ? instance_of(*legal) : std::nullopt;
}

Subject parked_subject(const Token& context, const Token& consumer, const StoredSubject& source) {
  const auto before = before_source(context, consumer);
  auto subject = Subject::parse(before + source.str());
  if (!subject)
    subject =
        Subject::parse(before + "illegal." + to_hex(sha256(source.str())).substr(0, hash_digits));
  TROUPE_ASSERT(subject, "a few legal tokens make a legal subject");
  return *std::move(subject);
}

std::string parked_name(const Token& context, const Token& consumer, const StoredSubject& source) {
  return parked_subject(context, consumer, source)
      .str()
      .substr(before_source(context, consumer).size());
}

}  // namespace troupe
