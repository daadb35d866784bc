// Tells CTL's four kinds of records apart by their subjects.
#include "runtime/check/run/control_log.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "runtime/nats/claims/jetstream_skips.hpp"

namespace troupe::check {

namespace {

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string place(const ControlRecord& record) {
  return record.subject + " (sequence " + std::to_string(record.sequence) + " of CTL)";
}

/// False when the record is not what its subject says.
bool read(const ControlRecord& record, ControlLog& log) {
  const std::string_view subject = record.subject;
  constexpr std::string_view incarnation = "ctl.incarnation.";
  if (subject == "ctl.layout") {
    v1::Layout layout;
    if (!layout.ParseFromString(record.bytes) || layout.slots() == 0) return false;
    if (log.slots != 0 && log.slots != layout.slots()) return false;
    log.slots = layout.slots();
    return true;
  }
  if (subject == "ctl.system") {
    v1::System system;
    if (!system.ParseFromString(record.bytes) || system.id().empty()) return false;
    return std::exchange(log.system, system.id()).empty();  // it is recorded once
  }
  if (subject.starts_with(incarnation)) {
    v1::Incarnation life;
    if (!life.ParseFromString(record.bytes)) return false;
    auto& latest = log.incarnations[std::string(subject.substr(incarnation.size()))];
    if (latest.has_created()
        && latest.created().SerializeAsString() != life.created().SerializeAsString())
      ++log.replaced;
    latest = std::move(life);
    return true;
  }
  if (subject.starts_with("ctl.skip.")) return nats::read_skip(subject, record.bytes).has_value();
  const auto first = subject.find('.');
  const auto last = subject.rfind('.');
  const auto slot = number_in(subject.substr(last + 1));
  if (!subject.starts_with("ctl.") || first == last || !slot) return false;
  SlotClaim claim{.epoch = record.sequence, .claim = {}};
  if (!claim.claim.ParseFromString(record.bytes)) return false;
  if (log.slots != 0 && *slot >= log.slots) return false;
  log.claims[{std::string(subject.substr(first + 1, last - first - 1)), *slot}].push_back(
      std::move(claim));
  return true;
}

}  // namespace

ControlLog::ControlLog(const std::vector<ControlRecord>& records, Report& report) {
  for (const auto& record : records)
    if (!read(record, *this))
      report.violated("I9", "CTL has a record that makes no sense", place(record));
}

const v1::Claim* ControlLog::claim(const Slot& slot, std::uint64_t epoch) const {
  const auto found = claims.find(slot);
  if (found == claims.end()) return nullptr;
  const auto claim = std::lower_bound(
      found->second.begin(), found->second.end(), epoch,
      [](const SlotClaim& one, std::uint64_t wanted) { return one.epoch < wanted; });
  return claim == found->second.end() || claim->epoch != epoch ? nullptr : &claim->claim;
}

}  // namespace troupe::check
