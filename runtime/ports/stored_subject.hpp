// The subject of a message that lies in a stream, where anybody may have written it.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/ports/subject.hpp"

namespace troupe {

/// Somebody else's text, to be shown, logged and kept: what is not printable ASCII becomes %XX.
std::string shown(std::string_view text);

/// A legal subject, or any other that a server takes, such as `evt.billing.account.a$b`; always as
/// it can be shown. Only instance_of and Subject::parse tell whether it is legal.
class StoredSubject {
public:
  explicit StoredSubject(std::string_view text) : text_(shown(text)) {}
  StoredSubject(const Subject& subject) : text_(subject.str()) {}  // each legal one is one

  const std::string& str() const noexcept { return text_; }
  friend auto operator<=>(const StoredSubject&, const StoredSubject&) = default;

private:
  std::string text_;
};

/// The instance of a legal `evt.` subject, or nothing.
std::optional<Instance> instance_of(const StoredSubject& subject);

/// dlq.<context>.<consumer>.<source subject>. A source that is illegal, or of too many tokens,
/// stands there by its hash: dlq.<context>.<consumer>.illegal.<32 hexadecimal digits>.
Subject parked_subject(const Token& context, const Token& consumer, const StoredSubject& source);

/// What stands there of the source, behind dlq.<context>.<consumer>.
std::string parked_name(const Token& context, const Token& consumer, const StoredSubject& source);

}  // namespace troupe
