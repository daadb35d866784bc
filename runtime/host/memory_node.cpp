#include "runtime/host/memory_node.hpp"

#include "runtime/host/ports_in_memory.hpp"

namespace troupe::host {

namespace {

class RunningMemoryNode final : public MemoryNode {
public:
  RunningMemoryNode(std::vector<ContextModel> models, Effects& effects)
      : engine_({.node = "memory"},
                ports_in_memory(ports_, {leases_, alone_, effects, conditions_}),
                std::move(models)) {}
  ~RunningMemoryNode() override { engine_.stop(); }

  Result<void> start() { return engine_.start(alone_); }

  CommandBus& commands() override { return engine_; }
  QueryBus& queries() override { return engine_; }
  EventStreams& streams() override { return ports_.streams; }
  ViewStore& views() override { return ports_.views; }
  memory::Broker& broker() override { return ports_.broker; }

private:
  memory::MemoryPorts ports_;
  memory::MemoryLeases leases_{ports_.clock, ports_.lease_table, "memory"};
  Conditions conditions_{ports_.clock};
  NoOtherNodes alone_;
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
