// Three NATS servers that replicate to each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/nats/client/connection.hpp"
#include "tools/servers/private_nats.hpp"
#include "tools/servers/temp_folder.hpp"

namespace troupe::test {

/// Ready when it is constructed; everything ends with it. Not thread safe.
class NatsCluster {
public:
  static constexpr std::size_t servers = 3;

  NatsCluster();

  tool::PrivateNats& server(std::size_t number) { return *servers_.at(number); }
  std::unique_ptr<nats::Connection> connect_to(std::size_t number) const;

  /// Which server leads a stream, by those that run. Waits for a leader.
  std::size_t leader_of(const std::string& stream) const;

  /// Cut off from all others: they stand still. The leader among those that go on is not told.
  void pause_all_but(std::size_t number);
  void resume();

private:
  std::vector<std::unique_ptr<tool::TempFolder>> folders_;
  std::vector<std::unique_ptr<tool::PrivateNats>> servers_;
};

}  // namespace troupe::test
