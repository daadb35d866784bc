// How an instance asks its log for ids that its memory does not hold. Commands that need it wait
// aside, the others go on.
#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/engine/instances/instance_actor.hpp"

namespace troupe::engine {

namespace {

/// A command was not recorded before it was issued, by whichever clock.
Time earliest_of(const Waiting& waiting) {
  return waiting.command.issued_at - CommandMemory::skew_max;
}

bool reaches_far_enough(const CommandMemory& memory, const Waiting& waiting) {
  const auto earliest = earliest_of(waiting);
  return waiting.looked_back_to <= earliest || memory.reaches(earliest);
}

/// Places where its commit may be, less those where it is not.
std::vector<std::uint64_t> places_of(const CommandMemory& memory, const Waiting& waiting) {
  auto places = memory.places(waiting.key());
  std::erase_if(places, [&](std::uint64_t place) {
    return std::ranges::find(waiting.ruled_out, place) != waiting.ruled_out.end();
  });
  std::ranges::sort(places);
  return places;
}

}  // namespace

/// The first of the queue, which the memory does not hold. False: it is known to be new, or what it
/// repeats is known.
bool InstanceActor::set_aside() {
  const auto& waiting = queue_.front();
  if (waiting.found) return false;
  auto& memory = fold_->memory();
  memory.want(earliest_of(waiting));
  const bool known = reaches_far_enough(memory, waiting) && places_of(memory, waiting).empty();
  const auto equal = [&](const Waiting& other) { return other.key() == waiting.key(); };
  if (known && std::ranges::none_of(aside_, equal)) return false;
  aside_.splice(aside_.end(), queue_, queue_.begin());
  return true;
}

/// One at a time, for everybody who waits. Where a repeat may be it nearly always is: that goes
/// before reading back.
void InstanceActor::look_up() {
  if (look_up_ || look_up_pauses_ || aside_.empty() || !fold_) return;
  look_up_ = std::make_unique<LookUp>();
  look_at_places();
  if (look_up_->wanted.empty()) look_back();
  if (look_up_->wanted.empty()) end_look_up();
}

void InstanceActor::look_at_places() {
  auto& all = look_up_->places;
  for (const auto& waiting : aside_) {
    const auto places = places_of(fold_->memory(), waiting);
    if (places.empty()) continue;
    if (!all.empty() && all.size() + places.size() > EventLog::load_at_max) break;
    all.insert(all.end(), places.begin(), places.end());
    look_up_->wanted[waiting.key()];
  }
  if (all.empty()) return;
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  all.resize(std::min(all.size(), EventLog::load_at_max));
  kind_->log.load_at(subject(), all, reply_as<LookedAt>());
}

/// Nothing: one is no commit, and may be the very command that is looked for. Then who waits for it
/// has got an answer; what is decided and appended meanwhile goes on.
std::optional<std::vector<RememberedCommand>> InstanceActor::commands_of(
    const std::vector<StoredCommit>& commits) {
  std::vector<RememberedCommand> commands;
  commands.reserve(commits.size());
  skips_known_ = kind_->skips.changes();
  for (const auto& stored : commits) {
    const auto read = kind_->reader.read(stored);
    if (!read) {
      look_up_.reset();
      for (auto& waiting : std::exchange(aside_, {}))
        answer(waiting, Rejected{RejectionCode::unavailable, read.error().what,
                                 std::string(unreadable_log)});
      advance();
      return std::nullopt;
    }
    if (*read) commands.push_back(remembered((*read)->commit, stored.sequence));
  }
  return commands;
}

void InstanceActor::on(const LookedAt& answer) {
  if (!answer.commits) return look_again_later();
  auto commands = commands_of(*answer.commits);
  if (!commands) return;
  for (auto& command : *commands)
    if (const auto wanted = look_up_->wanted.find(command.id); wanted != look_up_->wanted.end())
      wanted->second = std::move(command);
  for (auto& waiting : aside_)
    if (fold_)
      std::ranges::set_intersection(places_of(fold_->memory(), waiting), look_up_->places,
                                    std::back_inserter(waiting.ruled_out));
  end_look_up();
}

void InstanceActor::look_back() {
  for (const auto& waiting : aside_) {
    if (reaches_far_enough(fold_->memory(), waiting)) continue;
    look_up_->since = std::min(look_up_->since, earliest_of(waiting));
    look_up_->wanted[waiting.key()];
  }
  if (!look_up_->wanted.empty()) read_back_before(fold_->memory().first_sequence());
}

void InstanceActor::read_back_before(std::uint64_t sequence) {
  look_up_->before = sequence;
  kind_->log.load_before(subject(), sequence, reply_as<LookedBack>());
}

/// Goes on even when nobody waits any more: the next try would otherwise begin where this one did.
void InstanceActor::on(const LookedBack& answer) {
  if (!answer.commits) return look_again_later();
  const auto commands = commands_of(*answer.commits);
  if (!commands) return;
  for (const auto& command : *commands)
    if (const auto wanted = look_up_->wanted.find(command.id); wanted != look_up_->wanted.end())
      wanted->second = command;
  if (fold_ && fold_->memory().first_sequence() == look_up_->before) {
    fold_->memory().want(look_up_->since);
    fold_->memory().read_back(*commands,
                              answer.commits->empty() ? 0 : answer.commits->front().sequence);
    presence_->take(static_cast<std::int64_t>(bytes_without_fold + fold_->bytes()));
  }
  const bool far_enough =
      answer.commits->empty()
      || (!commands->empty() && commands->front().committed_at < look_up_->since);
  if (far_enough || look_up_->found_all()) return end_look_up();
  read_back_before(answer.commits->front().sequence);
}

void InstanceActor::end_look_up() {
  for (auto& waiting : aside_) {
    const auto wanted = look_up_->wanted.find(waiting.key());
    if (wanted == look_up_->wanted.end()) continue;
    waiting.found = wanted->second;
    waiting.looked_back_to = std::min(waiting.looked_back_to, look_up_->since);
  }
  look_up_.reset();
  look_up_backoff_.reset();
  queue_.splice(queue_.begin(), aside_);
  advance();
}

void InstanceActor::look_again_later() {
  look_up_.reset();
  look_up_pauses_ = true;
  delayed_send(this, look_up_backoff_.next(), Input{LookAgain{}});
}

void InstanceActor::on(const LookAgain&) {
  look_up_pauses_ = false;
  look_up();
}

}  // namespace troupe::engine
