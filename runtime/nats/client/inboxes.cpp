#include "runtime/nats/client/inboxes.hpp"

#include <algorithm>
#include <array>

#include <spdlog/spdlog.h>

#include "runtime/base/text.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::nats {

namespace {

constexpr std::size_t shown_length_max = 80;

/// First tokens of subjects that mean something.
constexpr std::array taken{"cmd", "qry", "evt", "slot", "tmr", "dlq", "ctl"};

/// Nothing in it is a wildcard, an empty token or a piece of the protocol.
bool is_literal(std::string_view subject) {
  return is_clean(subject) && subject.find_first_of("*>") == std::string_view::npos
         && subject.find("..") == std::string_view::npos && !subject.ends_with('.');
}

}  // namespace

Inboxes::Inboxes(const std::vector<std::string>& further) {
  for (const auto prefix : well_known) prefixes_.push_back(std::string(prefix) + '.');
  for (const auto& prefix : further) prefixes_.push_back(prefix + '.');
}

bool Inboxes::contains(std::string_view subject) const {
  const bool known = std::ranges::any_of(
      prefixes_, [&](const auto& prefix) { return subject.starts_with(prefix); });
  return known && subject.size() <= length_max && is_literal(subject);
}

std::optional<Inbox> Inboxes::of(const Received& request) {
  const auto reply = request.reply();
  if (reply.empty()) return Inbox();
  if (contains(reply)) return Inbox(std::string(reply));
  refuse(request);
  return std::nullopt;
}

void Inboxes::refuse(const Received& request) {
  const auto count = ++refused_;
  if (!complaints_.now()) return;
  spdlog::warn(
      "A request on {} is not taken, as it is to be answered on '{}', which is no inbox; {} "
      "so far. "
      "If its sender is honest, name its inbox prefix in nats.reply_prefixes.",
      printable(request.subject(), shown_length_max), printable(request.reply(), shown_length_max),
      count);
}

bool is_inbox_prefix(std::string_view prefix) {
  return Subject::parse(prefix)
         && std::ranges::find(taken, prefix.substr(0, prefix.find('.'))) == taken.end();
}

}  // namespace troupe::nats
