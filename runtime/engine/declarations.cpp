#include "runtime/engine/declarations.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <spdlog/fmt/fmt.h>

#include "runtime/ports/identity.hpp"
#include "runtime/ports/listening.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::engine {

namespace {

/// Digits of a version, and the dash before them, in the name of an effect's timer.
constexpr std::size_t version_digits_max = 21;

using Messages = std::map<std::string, const Message*, std::less<>>;

/// Of protobuf's own messages nobody can tell whose they are.
bool is_of(std::string_view full_name, std::string_view context) {
  return context_of(full_name) == context || full_name.starts_with("google.protobuf.");
}

template <class Parts>
Result<void> check_names(const ContextModel& model, const char* kind, const Parts& parts) {
  std::set<std::string_view> names;
  for (const auto& part : parts)
    if (!names.insert(part.name).second)
      return permanent(
          fmt::format("{} has two {} with the name {}: rename one", model.name, kind, part.name));
  return {};
}

/// What is stored is found by its name.
template <class Parts>
Result<void> check_former_names(const ContextModel& model, const char* kind, const Parts& parts) {
  for (const auto& one : parts)
    for (const auto& other : parts)
      if (&one != &other && !one.formerly.empty()
          && (one.formerly == other.name || one.formerly == other.formerly))
        return permanent(
            fmt::format("{} has two {} that are or were {}: what is stored under that "
                        "name can be only one's",
                        model.name, kind, one.formerly));
  return {};
}

template <class Parts>
Result<void> check_aggregates(const ContextModel& model, const Parts& parts) {
  for (const auto& one : parts)
    if (!model.aggregate(one.aggregate))
      return permanent(
          fmt::format("{}'s {} is for the aggregate {}, which is not a part of that context",
                      model.name, one.name, one.aggregate));
  return {};
}

/// Whoever reacts to an event finds its context by its package.
Result<void> check_packages(const ContextModel& model) {
  for (const auto& aggregate : model.aggregates)
    for (const auto& [type, prototype] : aggregate.events)
      if (!is_of(type, model.name))
        return permanent(fmt::format(
            "{}'s {} records {}, which belongs to the context {} by its package, so that no "
            "reaction to it would ever run: name the package {}.v1, with or without a prefix",
            model.name, aggregate.name, type, context_of(type), model.name));
  for (const auto& view : model.views)
    for (const auto& [type, prototype] : view.events)
      if (!is_of(type, model.name))
        return permanent(fmt::format(
            "{}'s view {} projects {} of the context {}: a view folds events of its own context",
            model.name, view.name, type, context_of(type)));
  return {};
}

/// A reason travels in a header, and is compared where it arrives.
Result<void> check_reasons(const ContextModel& model) {
  constexpr std::size_t reason_length_max = 128;
  for (const auto& reaction : model.reactions)
    for (const auto& [reason] : reaction.expected)
      if (reason.empty() || reason.size() > reason_length_max
          || !std::ranges::all_of(reason, [](char c) { return c > ' ' && c <= '~'; }))
        return permanent(fmt::format(
            "{}'s {} expects a rejection whose code is not 1 to {} printable characters without "
            "spaces",
            model.name, reaction.name, reason_length_max));
  return {};
}

Result<void> check_lengths(const ContextModel& model) {
  for (const auto& source : sources_of(model))
    if (!is_token(consumer_name(model.name, source)))
      return permanent(
          fmt::format("the names of {} and {} are too long for one to listen to the other",
                      model.name, source));
  for (const auto& effect : model.effects)
    if (stored_name(effect).size() + version_digits_max > token_length_max)
      return permanent(
          fmt::format("the effect's name {} is too long for its timers", stored_name(effect)));
  return {};
}

Result<void> check(const ContextModel& model) {
  // What stream CTL holds beside claims has the second token of its subjects from here.
  constexpr std::array reserved{"layout", "incarnation", "declared", "skip"};
  if (!is_token(model.name) || std::ranges::count(reserved, model.name) > 0)
    return permanent("'" + model.name + "' cannot name a context");
  for (const auto& checked :
       {check_names(model, "aggregates", model.aggregates),
        check_names(model, "reactions", model.reactions),
        check_names(model, "timers", model.timers), check_names(model, "effects", model.effects),
        check_former_names(model, "timers", model.timers),
        check_former_names(model, "effects", model.effects),
        check_names(model, "views", model.views), check_names(model, "queries", model.queries),
        check_aggregates(model, model.reactions), check_aggregates(model, model.timers),
        check_aggregates(model, model.effects), check_packages(model), check_reasons(model),
        check_lengths(model)})
    if (!checked) return checked;
  return {};
}

}  // namespace

std::string vocabulary_of(const ContextModel& model) {
  std::set<std::string> names;
  for (const auto& aggregate : model.aggregates)
    for (const auto& [type, prototype] : aggregate.commands)
      names.insert(aggregate.name + "." + type);
  for (const auto& query : model.queries) names.insert(query.name);
  std::string all;
  for (const auto& name : names) all += name + "\n";
  return to_hex(sha256(all));
}

Result<void> check_declarations(const std::vector<ContextModel>& contexts) {
  std::map<std::string, std::string> by_stream;
  for (const auto& model : contexts) {
    if (const auto checked = check(model); !checked) return checked;
    const auto stream = stream_name(StreamKind::events, *Token::parse(model.name));
    const auto [other, alone] = by_stream.emplace(stream, model.name);
    if (alone) continue;
    if (other->second == model.name)
      return permanent(fmt::format("two contexts have the name {}", model.name));
    return permanent(fmt::format("the contexts {} and {} would share the stream {}: rename one",
                                 other->second, model.name, stream));
  }
  return {};
}

}  // namespace troupe::engine
