// A context's declarations with their types erased: what the engine runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include <troupe/aggregate.hpp>
#include <troupe/effect.hpp>
#include <troupe/query.hpp>
#include <troupe/retry.hpp>
#include <troupe/timer.hpp>
#include <troupe/view.hpp>

namespace troupe {

using Message = google::protobuf::Message;
using MessagePtr = std::unique_ptr<Message>;
using SharedMessage = std::shared_ptr<const Message>;

/// `Recorded` less the data.
struct EventFacts {
  std::string_view id;
  std::uint64_t version = 0;
  Time time;
};

struct AnyDecision {
  std::vector<MessagePtr> events;  ///< empty: nothing needed to happen
  std::optional<Rejection> rejection;
};

/// All functions are pure and may be called from any thread; only decide and evolve of a faulty
/// domain throw.
struct AggregateModel {
  std::string name;
  std::map<std::string, const Message*, std::less<>> commands;  ///< short name -> prototype
  std::set<std::string, std::less<>> public_commands;           ///< those that clients may send
  std::map<std::string, const Message*, std::less<>> events;    ///< full name -> prototype
  std::function<MessagePtr()> new_state;
  std::function<AnyDecision(const Message& state, const Message& command, const Issue&)> decide;
  /// REQUIRES: the event's type is one of `events`.
  std::function<void(Message& state, const Message& event)> evolve;
};

struct AskedCommand {
  std::string id;
  SharedMessage command;
};

struct ReactionModel {
  std::string name;
  std::string aggregate;                                      ///< whom it commands
  std::vector<Rejection> expected;                            ///< rejections that end the matter
  std::map<std::string, const Message*, std::less<>> events;  ///< full name -> prototype
  std::function<std::vector<AskedCommand>(const EventFacts&, const Message& event)> on;
};

struct AnyTimerChange {
  bool disarms = false;
  std::optional<Time> due;
  SharedMessage command;
};

struct TimerModel {
  std::string name;
  std::string formerly{};  ///< the name it had at first, or empty
  std::string aggregate;
  std::map<std::string, const Message*, std::less<>> events;
  std::function<AnyTimerChange(const EventFacts&, const Message& event)> on;
};

struct EffectModel {
  std::string name;
  std::string formerly{};  ///< the name it had at first, or empty
  std::string aggregate;
  Retry retry{};
  const Message* event = nullptr;         ///< prototype
  const Message* request_type = nullptr;  ///< prototype
  const Message* answer = nullptr;        ///< prototype
  std::function<SharedMessage(const EventFacts&, const Message& event)> request;
  std::function<std::vector<AskedCommand>(const EventFacts&, const Message& event,
                                          const Message& answer)>
      answered;
  std::function<std::vector<AskedCommand>(const EventFacts&, const Message& event,
                                          const FailedAttempt&)>
      failed;
};

/// Of a timer or an effect: the name under which it is stored.
template <class Part>
const std::string& stored_name(const Part& part) {
  return part.formerly.empty() ? part.name : part.formerly;
}

struct ViewModel {
  std::string name;
  const Message* row = nullptr;  ///< prototype
  std::map<std::string, const Message*, std::less<>> events;
  std::function<std::string(const EventFacts&, const Message& event)> key;  ///< "": no row
  std::function<void(Message& row, const EventFacts&, const Message& event)> project;
};

struct AnyAnswer {
  SharedMessage reply;  ///< null on a miss
  std::string_view miss;
};

struct QueryModel {
  std::string name;
  const Message* question = nullptr;  ///< prototype
  std::function<AnyAnswer(const Message& question, const Views&)> answer;
};

struct ContextModel {
  std::string name;
  /// Names the code that folds its events, see troupe_context() in CMake: another name, another
  /// fold. Empty for a context that was built in another way.
  std::string fingerprint;
  std::vector<AggregateModel> aggregates;
  std::vector<ReactionModel> reactions;
  std::vector<TimerModel> timers;
  std::vector<EffectModel> effects;
  std::vector<ViewModel> views;
  std::vector<QueryModel> queries;

  const AggregateModel* aggregate(std::string_view wanted) const {
    for (const auto& a : aggregates)
      if (a.name == wanted) return &a;
    return nullptr;
  }
};

/// The context a message belongs to: by convention the part of its protobuf package before the
/// version, as in `billing.v1.AccountOpened` or `acme.billing.v1.AccountOpened`; the first part
/// when the package has no version.
constexpr std::string_view context_of(std::string_view full_name) {
  const auto first = full_name.substr(0, full_name.find('.'));
  auto before = first;
  for (auto rest = full_name; rest.find('.') != std::string_view::npos;) {
    rest.remove_prefix(rest.find('.') + 1);
    const auto part = rest.substr(0, rest.find('.'));
    const bool version = part.size() > 1 && part[0] == 'v' && part[1] >= '0' && part[1] <= '9';
    if (version) return before;
    before = part;
  }
  return first;
}

}  // namespace troupe
