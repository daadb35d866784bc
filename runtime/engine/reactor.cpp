#include "runtime/engine/reactor.hpp"

#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/domain/timestamp.hpp"
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
      strand_(std::make_shared<Strand>()) {}

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
      lane->second.held = false;
      lane = lane->second.busy ? std::next(lane) : lanes_.erase(lane);
    }
    open(generation);
  });
}

void Reactor::deliver(Delivery delivery) {
  strand_->post([this, delivery = std::move(delivery)]() {
    if (delivery.generation != generation_) return;
    const auto& source = delivery.subject.str();
    lanes_[source].queue.push_back(
        {delivery.sequence, delivery.bytes, delivery.acknowledge, std::nullopt});
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
  for (const auto& one : *parked) {
    v1::ParkedEvent event;
    if (!event.ParseFromString(one.record)) {
      spdlog::error("The parked record {} of {} cannot be read; remove or repair it.", one.sequence,
                    consumer_.str());
      continue;
    }
    lanes_[event.source_subject()].replay.push_back(
        {event.source_sequence(), event.commit(), nullptr, one.sequence});
  }
  opened_ = true;
  std::vector<std::string> sources;
  for (const auto& [source, lane] : lanes_) sources.push_back(source);
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
  auto commit = std::make_shared<v1::Commit>();
  const bool readable = commit->ParseFromString(item.bytes);
  const Finished finished = [this, source, item = std::move(item)](const std::string& poison) {
    item.parked_sequence ? replayed(source, item, poison) : handled(source, item, poison);
  };
  if (!readable) return finished("it is not a commit");
  handle_events(commit, 0, finished);
}

void Reactor::handle_events(const std::shared_ptr<const v1::Commit>& commit, int index,
                            const Finished& finished) {
  for (; index < commit->events_size(); ++index) {
    auto steps = plan_.steps(*commit, index);
    if (!steps) return finished(steps.error().what);
    if (steps->empty()) continue;
    return run_steps(strand_, world_.counters, *std::move(steps),
                     [this, commit, index, finished](const std::string& poison) {
                       if (!poison.empty()) return finished(poison);
                       handle_events(commit, index + 1, finished);
                     });
  }
  finished({});
}

void Reactor::handled(const std::string& source, const Item& item, const std::string& poison) {
  if (!poison.empty()) {
    spdlog::error("{} parks {} at sequence {}: {}.", consumer_.str(), source, item.sequence,
                  poison);
    return park(source, item, poison);
  }
  item.acknowledge();
  go_on(source);
}

void Reactor::replayed(const std::string& source, const Item& item, const std::string& poison) {
  if (!poison.empty()) {
    spdlog::error("{} still cannot handle {} at sequence {}: {}.", consumer_.str(), source,
                  item.sequence, poison);
    lanes_[source].held = true;
  } else if (const auto removed = world_.parked.remove(context_, *item.parked_sequence); !removed) {
    spdlog::warn("A parked event of {} was handled and stays in its stream: {}.", consumer_.str(),
                 removed.error().what);
  }
  go_on(source);
}

/// Not acknowledged before it is parked.
void Reactor::park(const std::string& source, const Item& item, const std::string& cause) {
  v1::ParkedEvent event;
  event.set_consumer(consumer_.str());
  event.set_source_stream(stream_name(StreamKind::events, source_));
  event.set_source_subject(source);
  event.set_source_sequence(item.sequence);
  event.set_cause(cause);
  event.set_commit(item.bytes);
  *event.mutable_parked_at() = to_timestamp(world_.clock.now());
  const auto subject = Subject::parse(source);
  TROUPE_ASSERT(subject, "a delivery comes on a legal subject");
  world_.parked.park(context_, consumer_, *subject, event.SerializeAsString(),
                     [this, strand = strand_, source, item, cause](const Result<void>& parked) {
                       if (!parked) {
                         spdlog::warn("An event cannot be parked yet: {}.", parked.error().what);
                         return strand->post_after(store_pause, [this, source, item, cause] {
                           park(source, item, cause);
                         });
                       }
                       strand->post([this, source, item] {
                         ++world_.counters.parked;
                         lanes_[source].held = true;
                         item.acknowledge();
                         go_on(source);
                       });
                     });
}

/// Not by a call: a long row of commits that ask for nothing would exhaust the stack.
void Reactor::go_on(const std::string& source) {
  lanes_[source].busy = false;
  strand_->post([this, source] {
    if (opened_) work(source);
  });
}

}  // namespace troupe::engine
