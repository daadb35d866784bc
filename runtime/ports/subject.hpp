// Subjects and stream names of the wire contract; the only way to build one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/token.hpp>

namespace troupe {

/// One aggregate instance: which context, which type, which one.
struct Instance {
  Token context;
  Token aggregate;
  Token id;

  friend auto operator<=>(const Instance&, const Instance&) = default;
};

/// A literal subject, without wildcards. Only the functions below and `parse` make one.
class Subject {
public:
  /// evt.<context>.<aggregate>.<id>
  static Subject events(const Instance& instance);
  /// cmd.<context>.<aggregate>.<id>.<Command>
  static Subject command(const Instance& instance, const Token& command);
  /// slot.<context>.<slot>.cmd.<context>.<aggregate>.<id>.<Command>: on its way to the slot's owner
  static Subject slot_command(std::uint32_t slot, const Instance& instance, const Token& command);
  /// slot.<context>.<slot>.ask.<context>.<aggregate>.<id>.<Command>: the same, of a command that an
  /// event asks for. No subject mapping writes it, and no client may.
  static Subject slot_ask(std::uint32_t slot, const Instance& instance, const Token& command);
  /// qry.<context>.<Query>
  static Subject query(const Token& context, const Token& query);
  /// tmr.<context>.armed.<aggregate>.<id>.<timer>: where a timer waits
  static Subject timer_armed(const Instance& instance, const Token& timer);
  /// tmr.<context>.fired.<aggregate>.<id>.<timer>: where it goes when it is due
  static Subject timer_fired(const Instance& instance, const Token& timer);

  /// A subject somebody else wrote: legal tokens between single dots, at most 16 of them.
  static std::optional<Subject> parse(std::string_view text);

  const std::string& str() const noexcept { return text_; }
  std::vector<std::string_view> tokens() const;
  friend auto operator<=>(const Subject&, const Subject&) = default;

private:
  explicit Subject(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The instance of an `evt.` subject, or nothing.
std::optional<Instance> instance_of(const Subject& events);

enum class StreamKind { events, timers, parked };

/// EVT_<CONTEXT>, TMR_<CONTEXT>, DLQ_<CONTEXT>: upper case, '-' becomes '_'.
std::string stream_name(StreamKind kind, const Token& context);

/// Number of hash ranges a context's instances are divided into, unless CTL says otherwise.
inline constexpr std::uint32_t slots_default = 64;
inline constexpr std::uint32_t slots_max = 4'096;

/// FNV-1a-32 over context, aggregate and id without separators, mod `slots`: what NATS's
/// {{partition(slots,1,2,3)}} computes.
std::uint32_t slot_of(const Instance& instance, std::uint32_t slots);

}  // namespace troupe

template <>
struct std::hash<troupe::Subject> {
  std::size_t operator()(const troupe::Subject& s) const noexcept {
    return std::hash<std::string>{}(s.str());
  }
};
