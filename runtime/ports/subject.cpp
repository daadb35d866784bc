#include "runtime/ports/subject.hpp"

#include <algorithm>
#include <cctype>

namespace troupe {

namespace {

constexpr std::size_t tokens_max = 16;

template <class... Ts>
std::string join(const Ts&... tokens) {
  std::string text;
  ((text += tokens, text += '.'), ...);
  text.pop_back();
  return text;
}

}  // namespace

Subject Subject::events(const Instance& i) {
  return Subject{join("evt", i.context.str(), i.aggregate.str(), i.id.str())};
}

Subject Subject::command(const Instance& i, const Token& command) {
  return Subject{join("cmd", i.context.str(), i.aggregate.str(), i.id.str(), command.str())};
}

Subject Subject::slot_command(std::uint32_t slot, const Instance& i, const Token& command_name) {
  return Subject{
      join("slot", i.context.str(), std::to_string(slot), command(i, command_name).str())};
}

Subject Subject::slot_ask(std::uint32_t slot, const Instance& i, const Token& command_name) {
  return Subject{join("slot", i.context.str(), std::to_string(slot), "ask", i.context.str(),
                      i.aggregate.str(), i.id.str(), command_name.str())};
}

Subject Subject::query(const Token& context, const Token& query) {
  return Subject{join("qry", context.str(), query.str())};
}

Subject Subject::timer_armed(const Instance& i, const Token& timer) {
  return Subject{join("tmr", i.context.str(), "armed", i.aggregate.str(), i.id.str(), timer.str())};
}

Subject Subject::timer_fired(const Instance& i, const Token& timer) {
  return Subject{join("tmr", i.context.str(), "fired", i.aggregate.str(), i.id.str(), timer.str())};
}

std::optional<Subject> Subject::parse(std::string_view text) {
  Subject subject{std::string(text)};
  const auto tokens = subject.tokens();
  if (tokens.size() > tokens_max || !std::ranges::all_of(tokens, is_token)) return std::nullopt;
  return subject;
}

std::vector<std::string_view> Subject::tokens() const {
  std::vector<std::string_view> all;
  std::string_view rest = text_;
  for (;;) {
    const auto dot = rest.find('.');
    all.push_back(rest.substr(0, dot));
    if (dot == std::string_view::npos) return all;
    rest.remove_prefix(dot + 1);
  }
}

std::optional<Instance> instance_of(const Subject& events) {
  const auto tokens = events.tokens();
  if (tokens.size() != 4 || tokens[0] != "evt") return std::nullopt;
  return Instance{*Token::parse(tokens[1]), *Token::parse(tokens[2]), *Token::parse(tokens[3])};
}

std::string stream_name(StreamKind kind, const Token& context) {
  std::string name = kind == StreamKind::events   ? "EVT_"
                     : kind == StreamKind::timers ? "TMR_"
                                                  : "DLQ_";
  for (const char c : context.str())
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::uint32_t slot_of(const Instance& instance, std::uint32_t slots) {
  std::uint32_t hash = 2166136261U;
  for (const auto* token : {&instance.context, &instance.aggregate, &instance.id})
    for (const char c : token->str()) {
      hash ^= static_cast<unsigned char>(c);
      hash *= 16777619U;
    }
  return hash % slots;
}

}  // namespace troupe
