#include "runtime/host/memory_node.hpp"

#include "runtime/engine/engine.hpp"
#include "runtime/memory/memory_backlogs.hpp"
#include "runtime/memory/memory_claims.hpp"
#include "runtime/memory/memory_event_log.hpp"
#include "runtime/memory/memory_event_streams.hpp"
#include "runtime/memory/memory_high_water_marks.hpp"
#include "runtime/memory/memory_leases.hpp"
#include "runtime/memory/memory_parked_events.hpp"
#include "runtime/memory/memory_skips.hpp"
#include "runtime/memory/memory_snapshots.hpp"
#include "runtime/memory/memory_stream_inspector.hpp"
#include "runtime/memory/memory_subscriptions.hpp"
#include "runtime/memory/memory_timers.hpp"
#include "runtime/memory/memory_view_store.hpp"

namespace troupe::host {

namespace {

class RunningMemoryNode final : public MemoryNode {
public:
  RunningMemoryNode(std::vector<ContextModel> models, Effects& effects)
      : engine_({.node = "memory"},
                {.log = log_,
                 .streams = streams_,
                 .subscriptions = subscriptions_,
                 .timers = timers_,
                 .parked = parked_,
                 .views = views_,
                 .snapshots = snapshots_,
                 .leases = leases_,
                 .claims = claims_,
                 .owners = alone_,
                 .inspector = inspector_,
                 .marks = high_water_marks_,
                 .skips = skips_,
                 .effects = effects,
                 .clock = clock_,
                 .conditions = conditions_,
                 .backlogs = backlogs_},
                std::move(models)) {}
  ~RunningMemoryNode() override { engine_.stop(); }

  Result<void> start() { return engine_.start(alone_); }

  CommandBus& commands() override { return engine_; }
  QueryBus& queries() override { return engine_; }
  EventStreams& streams() override { return streams_; }
  ViewStore& views() override { return views_; }
  memory::Broker& broker() override { return broker_; }

private:
  SystemClock clock_;
  Conditions conditions_{clock_};
  memory::Broker broker_;
  memory::MemoryEventLog log_{broker_};
  memory::MemoryEventStreams streams_{broker_};
  memory::MemorySubscriptions subscriptions_{broker_};
  memory::MemoryTimers timers_{broker_, clock_};
  memory::MemoryParkedEvents parked_{broker_};
  memory::MemoryViewStore views_;
  memory::MemorySnapshots snapshots_;
  memory::MemoryLeases leases_;
  memory::MemoryClaims claims_;
  NoOtherNodes alone_;
  memory::MemoryStreamInspector inspector_{broker_};
  memory::MemoryHighWaterMarks high_water_marks_;
  memory::MemorySkips skips_;
  memory::MemoryBacklogs backlogs_{broker_};
  engine::Engine engine_;
};

}  // namespace

Result<std::unique_ptr<MemoryNode>> MemoryNode::start(std::vector<ContextModel> models,
                                                      Effects& effects) {
  auto node = std::make_unique<RunningMemoryNode>(std::move(models), effects);
  if (auto started = node->start(); !started) return tl::make_unexpected(started.error());
  return std::unique_ptr<MemoryNode>(std::move(node));
}

}  // namespace troupe::host
