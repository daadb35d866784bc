#include "runtime/engine/reactions/reactor.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "runtime/base/assert.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/listening.hpp"

namespace troupe::engine {

namespace {

constexpr std::chrono::milliseconds store_pause{500};

Token token(const std::string& text) {
  auto parsed = Token::parse(text);
  TROUPE_ASSERT(parsed, "the engine checks the names of contexts when it starts");
  return *std::move(parsed);
}

}  // namespace

Reactor::Reactor(Dependencies deps, const ContextModel& context, Token source)
    : deps_(deps),
      plan_(deps.plan, context, source, consumer_name(context.name, source.str())),
      context_(token(context.name)),
      source_(std::move(source)),
      consumer_(token(consumer_name(context.name, source_.str()))),
      in_flight_max_(deps.plan.options.deliveries_in_flight_max),
      reader_(deps.skips, source_),
      strand_(std::make_shared<Strand>()),
      parking_({deps.parked, deps.clock, deps.counters}, context_, consumer_, reader_.stream(),
               strand_),
      unread_(deps_.conditions, condition::parked_unread, context.name, consumer_.str()),
      refused_(deps_.conditions, condition::consumer_refused, context.name, consumer_.str()) {}

Reactor::~Reactor() { stop(); }

void Reactor::start(Subscriptions& subscriptions) {
  subscription_ = subscriptions.events(source_, consumer_, in_flight_max_, *this);
}

void Reactor::stop() {
  subscription_.reset();
  strand_->stop();
}

/// What was delivered before comes again, and what is being handled may finish: its commands have
/// the same ids, its acknowledgement does no harm.
void Reactor::activated(std::uint64_t generation) {
  strand_->post([this, generation] {
    generation_ = generation;
    opened_ = false;
    parked_.clear();
    turns_.clear();
    replaying_ = 0;
    for (auto lane = lanes_.begin(); lane != lanes_.end();) {
      lane->second.queue.clear();
      lane->second.has_turn = false;
      lane = lane->second.busy ? std::next(lane) : lanes_.erase(lane);
    }
    open(generation);
  });
}

void Reactor::deliver(Delivery delivery) {
  strand_->post([this, delivery = std::move(delivery)]() mutable {
    if (delivery.generation != generation_) return;
    const auto source = parked_name(context_, consumer_, delivery.subject);
    lanes_[source].queue.push_back(
        {{delivery.sequence, std::move(delivery.subject), std::move(delivery.bytes)},
         std::move(delivery.acknowledge)});
    if (opened_) work(source);
  });
}

/// Nothing is handled before it is known of which sources something is parked: that comes first.
void Reactor::open(std::uint64_t generation) {
  if (generation != generation_) return;
  const auto parked = deps_.parked.sources(context_, consumer_);
  if (!parked) {
    unread_.set(fmt::format("Consumer {} handles nothing before it knows what is parked: {}",
                            consumer_.str(), parked.error().what));
    return strand_->post_after(store_pause, [this, generation] { open(generation); });
  }
  unread_.clear();
  for (const auto& source : *parked) {
    parked_.try_emplace(source);
    turns_.push_back(source);
  }
  opened_ = true;
  std::vector<std::string> delivered;
  for (const auto& [source, lane] : lanes_) delivered.push_back(source);
  for (const auto& source : delivered) work(source);
  start_replays();
}

void Reactor::work(const std::string& source) {
  auto& lane = lanes_[source];
  if (lane.busy) return;
  const auto parked = parked_.find(source);
  if (parked != parked_.end() && !parked->second.held) {
    lane.busy = true;
    return replay_next(source, parked->second.replayed_up_to);
  }
  if (lane.queue.empty()) {
    lanes_.erase(source);
    return;
  }
  lane.busy = true;
  auto item = std::move(lane.queue.front());
  lane.queue.pop_front();
  if (parked != parked_.end())
    park(source, item, "waits behind an earlier event of the same instance");
  else
    handle(source, std::move(item));
}

// ---- what was parked before ---------------------------------------------------------------------

void Reactor::start_replays() {
  while (replaying_ < replays_max && !turns_.empty()) {
    const auto source = std::move(turns_.front());
    turns_.pop_front();
    const auto parked = parked_.find(source);
    if (parked == parked_.end() || parked->second.held) continue;  // it did not wait for its turn
    auto& lane = lanes_[source];
    if (lane.busy || lane.has_turn) continue;
    lane.has_turn = true;
    ++replaying_;
    work(source);
  }
}

void Reactor::replay_next(const std::string& source, std::uint64_t after) {
  deps_.parked.next(context_, consumer_, source, after,
                    [this, strand = strand_, source, generation = generation_](auto found) {
                      auto kept = std::make_shared<decltype(found)>(std::move(found));
                      strand->post([this, source, generation, kept] {
                        if (generation != generation_) return go_on(source);
                        found_parked(source, *kept);
                      });
                    });
}

void Reactor::found_parked(const std::string& source, const Result<std::optional<Parked>>& found) {
  auto& parked = parked_[source];
  if (!found) {
    unread_.set(fmt::format("What consumer {} has parked of {} cannot be read: {}", consumer_.str(),
                            source, found.error().what));
    return strand_->post_after(store_pause, [this, source, generation = generation_] {
      if (generation != generation_) return go_on(source);
      replay_next(source, parked_[source].replayed_up_to);
    });
  }
  unread_.clear();
  if (!*found) {
    parked_.erase(source);
    return go_on(source);
  }
  parked.replayed_up_to = (*found)->sequence;
  v1::ParkedEvent event;
  if (!event.ParseFromString((*found)->record)) {
    spdlog::error("The parked record {} of {} cannot be read; remove or repair it.",
                  (*found)->sequence, consumer_.str());
    return go_on(source);
  }
  handle(source, {.stored = {event.source_sequence(), StoredSubject(event.source_subject()),
                             event.commit()},
                  .acknowledge = nullptr,
                  .parked_sequence = (*found)->sequence,
                  .hash = event.commit_hash()});
}

void Reactor::try_parked_again() {
  const auto again = [this] {
    if (opened_) try_held_again();
  };
  strand_->post(again);
  for (const auto time : tries_again_after) strand_->post_after(time, again);
}

void Reactor::try_held_again() {
  // Busy with what was read before the decision, or parking it.
  for (auto& [source, lane] : lanes_) lane.again = lane.busy;
  for (auto& [source, parked] : parked_) {
    const auto lane = lanes_.find(source);
    const bool busy = lane != lanes_.end() && lane->second.busy;
    if (busy || !parked.held) continue;
    parked = {};
    turns_.push_back(source);
  }
  start_replays();
}

// ---- one commit ---------------------------------------------------------------------------------

void Reactor::handle(const std::string& source, Item item) {
  auto read = this->read(item);
  const Finished finished = [this, source, item = std::move(item)](const std::string& poison) {
    item.parked_sequence ? replayed(source, item, poison) : handled(source, item, poison);
  };
  if (!read) return finished(read.error().what);
  if (!*read) return finished({});
  handle_events(std::make_shared<const ReadCommit>(**std::move(read)), 0, finished);
}

Result<std::optional<ReadCommit>> Reactor::read(const Item& item) const {
  if (item.hash.empty()) return reader_.read(item.stored);
  if (deps_.skips.covers(reader_.stream(), item.stored.sequence, item.hash)) return std::nullopt;
  return permanent(reader_.poison(item.stored, "is too large to be kept here"));
}

void Reactor::handle_events(const std::shared_ptr<const ReadCommit>& read, int index,
                            const Finished& finished) {
  for (; index < read->commit.events_size(); ++index) {
    auto steps = plan_.steps(*read, index);
    if (!steps) return finished(steps.error().what);
    if (steps->empty()) continue;
    return run_steps(strand_, deps_.steps, *std::move(steps),
                     [this, read, index, finished](const std::string& poison) {
                       if (!poison.empty()) return finished(poison);
                       handle_events(read, index + 1, finished);
                     });
  }
  finished({});
}

void Reactor::handled(const std::string& source, const Item& item, const std::string& poison) {
  if (!poison.empty()) {
    spdlog::error("{} parks {} at sequence {}: {}.", consumer_.str(), source, item.stored.sequence,
                  poison);
    return park(source, item, poison);
  }
  item.acknowledge();
  go_on(source);
}

void Reactor::replayed(const std::string& source, const Item& item, const std::string& poison) {
  if (!poison.empty()) {
    spdlog::error("{} still cannot handle {} at sequence {}: {}.", consumer_.str(), source,
                  item.stored.sequence, poison);
    parked_[source].held = true;
  } else if (const auto removed = deps_.parked.remove(context_, *item.parked_sequence); !removed) {
    spdlog::warn("A parked event of {} was handled and stays in its stream: {}.", consumer_.str(),
                 removed.error().what);
  }
  go_on(source);
}

/// Not acknowledged before it is parked.
void Reactor::park(const std::string& source, const Item& item, const std::string& cause) {
  parking_.park({item.stored.subject, item.stored.sequence, item.stored.bytes, cause},
                [this, source, acknowledge = item.acknowledge] {
                  parked_[source].held = true;
                  acknowledge();
                  go_on(source);
                });
}

/// Not by a call: a long row of commits that ask for nothing would exhaust the stack.
void Reactor::go_on(const std::string& source) {
  auto& lane = lanes_[source];
  lane.busy = false;
  const auto parked = parked_.find(source);
  const bool again = std::exchange(lane.again, false);
  if (again && parked != parked_.end() && parked->second.held) parked->second = {};
  const bool replayed = parked == parked_.end() || parked->second.held;
  const bool makes_room = replayed && std::exchange(lane.has_turn, false);
  if (makes_room) --replaying_;
  strand_->post([this, source, makes_room] {
    if (!opened_) return;
    work(source);
    if (makes_room) start_replays();
  });
}

}  // namespace troupe::engine
