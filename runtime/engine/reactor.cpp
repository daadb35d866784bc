#include "runtime/engine/reactor.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "runtime/ports/assert.hpp"

namespace troupe::engine {

namespace {

constexpr std::chrono::milliseconds store_pause{500};

Token token(const std::string& text) {
  auto parsed = Token::parse(text);
  TROUPE_ASSERT(parsed, "the engine checks the names of contexts when it starts");
  return *std::move(parsed);
}

}  // namespace

std::string Reactor::consumer_name(std::string_view context, std::string_view source) {
  return std::string(context) + "-from-" + std::string(source);
}

Reactor::Reactor(World world, const ContextModel& context, Token source)
    : world_(world),
      plan_(world.plan, context, source, consumer_name(context.name, source.str())),
      context_(token(context.name)),
      source_(std::move(source)),
      consumer_(token(consumer_name(context.name, source_.str()))),
      in_flight_max_(world.plan.options.deliveries_in_flight_max),
      reader_(world.skips, source_),
      strand_(std::make_shared<Strand>()),
      parking_({world.parked, world.clock, world.counters}, context_, consumer_, reader_.stream(),
               strand_) {}

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
    for (auto lane = lanes_.begin(); lane != lanes_.end();) {
      lane->second.replay.clear();
      lane->second.queue.clear();
      lane->second.held = lane->second.again = false;
      lane = lane->second.busy ? std::next(lane) : lanes_.erase(lane);
    }
    open(generation);
  });
}

void Reactor::deliver(Delivery delivery) {
  strand_->post([this, delivery = std::move(delivery)]() mutable {
    if (delivery.generation != generation_) return;
    const auto source = delivery.subject.str();
    lanes_[source].queue.push_back(
        {{delivery.sequence, std::move(delivery.subject), std::move(delivery.bytes)},
         std::move(delivery.acknowledge)});
    if (opened_) work(source);
  });
}

/// Nothing is handled before it is known what is parked: that comes first.
void Reactor::open(std::uint64_t generation) {
  if (generation != generation_) return;
  const auto parked = world_.parked.list(context_, consumer_);
  if (!parked) {
    spdlog::warn("{} waits for its parked events: {}.", consumer_.str(), parked.error().what);
    return strand_->post_after(store_pause, [this, generation] { open(generation); });
  }
  for (const auto& one : *parked) add_parked(one, nullptr);
  opened_ = true;
  std::vector<std::string> sources;
  for (const auto& [source, lane] : lanes_) sources.push_back(source);
  for (const auto& source : sources) work(source);
}

/// Into its lane, or only into those named.
void Reactor::add_parked(const Parked& record, const std::set<std::string>* only) {
  v1::ParkedEvent event;
  if (!event.ParseFromString(record.record))
    return spdlog::error("The parked record {} of {} cannot be read; remove or repair it.",
                         record.sequence, consumer_.str());
  StoredSubject subject(event.source_subject());
  if (only && !only->contains(subject.str())) return;
  auto& lane = lanes_[subject.str()];
  lane.replay.push_back({.stored = {event.source_sequence(), std::move(subject), event.commit()},
                         .acknowledge = nullptr,
                         .parked_sequence = record.sequence,
                         .hash = event.commit_hash()});
}

void Reactor::try_parked_again() {
  strand_->post([this] {
    if (opened_) reopen(generation_);
  });
}

/// As when it becomes active, for the lanes that are held.
void Reactor::reopen(std::uint64_t generation) {
  if (generation != generation_ || !opened_) return;
  std::set<std::string> sources;
  for (auto& [source, lane] : lanes_) {
    lane.again |= lane.held && lane.busy;  // something is on its way behind what is parked
    if (lane.held && !lane.busy) sources.insert(source);
  }
  if (sources.empty()) return;
  const auto parked = world_.parked.list(context_, consumer_);
  if (!parked) {
    spdlog::warn("{} waits for its parked events: {}.", consumer_.str(), parked.error().what);
    return strand_->post_after(store_pause, [this, generation] { reopen(generation); });
  }
  for (const auto& source : sources) lanes_[source].held = false;
  for (const auto& one : *parked) add_parked(one, &sources);
  for (const auto& source : sources) work(source);
}

void Reactor::work(const std::string& source) {
  auto& lane = lanes_[source];
  if (lane.busy) return;
  if (lane.held) lane.replay.clear();
  auto& from = lane.replay.empty() ? lane.queue : lane.replay;
  if (from.empty()) {
    if (!lane.held) lanes_.erase(source);
    return;
  }
  lane.busy = true;
  auto item = std::move(from.front());
  from.pop_front();
  if (lane.held)
    park(source, item, "waits behind an earlier event of the same instance");
  else
    handle(source, std::move(item));
}

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
  if (world_.skips.covers(reader_.stream(), item.stored.sequence, item.hash)) return std::nullopt;
  return permanent(reader_.poison(item.stored, "is too large to be kept here"));
}

void Reactor::handle_events(const std::shared_ptr<const ReadCommit>& read, int index,
                            const Finished& finished) {
  for (; index < read->commit.events_size(); ++index) {
    auto steps = plan_.steps(*read, index);
    if (!steps) return finished(steps.error().what);
    if (steps->empty()) continue;
    return run_steps(strand_, world_.counters, *std::move(steps),
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
    lanes_[source].held = true;
  } else if (const auto removed = world_.parked.remove(context_, *item.parked_sequence); !removed) {
    spdlog::warn("A parked event of {} was handled and stays in its stream: {}.", consumer_.str(),
                 removed.error().what);
  }
  go_on(source);
}

/// Not acknowledged before it is parked.
void Reactor::park(const std::string& source, const Item& item, const std::string& cause) {
  parking_.park({item.stored.subject, item.stored.sequence, item.stored.bytes, cause},
                [this, source, acknowledge = item.acknowledge] {
                  lanes_[source].held = true;
                  acknowledge();
                  go_on(source);
                });
}

/// Not by a call: a long row of commits that ask for nothing would exhaust the stack.
void Reactor::go_on(const std::string& source) {
  auto& lane = lanes_[source];
  lane.busy = false;
  if (std::exchange(lane.again, false)) try_parked_again();
  strand_->post([this, source] {
    if (opened_) work(source);
  });
}

}  // namespace troupe::engine
