#include "runtime/engine/forgotten_ids.hpp"

#include <functional>
#include <utility>

namespace troupe::engine {

namespace {

std::uint64_t fingerprint_of(std::string_view id) { return std::hash<std::string_view>{}(id); }

}  // namespace

void ForgottenIds::add(std::string_view id, Time committed_at) {
  const bool full = newer_.fingerprints.size() >= half_max;
  if (!newer_.fingerprints.empty() && (full || committed_at - newer_.first >= half_span)) {
    if (!older_.fingerprints.empty()) complete_after_ = older_.last;
    older_ = std::exchange(newer_, {});
  }
  if (newer_.fingerprints.empty()) newer_.first = committed_at;
  newer_.last = committed_at;
  newer_.fingerprints.insert(fingerprint_of(id));
}

bool ForgottenIds::contains(std::string_view id) const {
  const auto fingerprint = fingerprint_of(id);
  return newer_.fingerprints.contains(fingerprint) || older_.fingerprints.contains(fingerprint);
}

std::size_t ForgottenIds::bytes() const noexcept {
  constexpr std::size_t each = 40;  // a node of the set and its share of the buckets
  return sizeof(ForgottenIds) + (newer_.fingerprints.size() + older_.fingerprints.size()) * each;
}

}  // namespace troupe::engine
