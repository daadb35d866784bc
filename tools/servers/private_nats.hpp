// A nats-server of one's own on loopback, with JetStream in a folder of one's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/result.hpp"
#include "tools/servers/child_process.hpp"

namespace troupe::tool {

struct PrivateNatsOptions {
  std::filesystem::path folder;  ///< exists; gets the configuration, the log and the store
  bool sync_always = false;      ///< fsync before every acknowledgement
  bool outlives_parent = false;
  std::string jetstream{};  ///< further lines of the jetstream block
  std::string more{};       ///< further lines outside of it
};

/// Listens when start() or restart() has succeeded. Not thread safe.
class PrivateNats {
public:
  static Result<std::unique_ptr<PrivateNats>> start(PrivateNatsOptions options);

  std::string url() const;
  std::string monitoring_url() const;
  ChildProcess& process() { return *process_; }

  /// SIGKILL, and waits until it is gone.
  void kill_hard();
  /// Starts it again on the same port and folder. REQUIRES: it is not running.
  Result<void> restart();

private:
  explicit PrivateNats(PrivateNatsOptions options);

  PrivateNatsOptions options_;
  std::uint16_t port_;
  std::uint16_t monitoring_port_;
  std::optional<ChildProcess> process_;
};

/// The nats-server to use: beside the build's other tools when tools/setup put one there, else the
/// one on PATH.
std::string nats_server_program();

}  // namespace troupe::tool
