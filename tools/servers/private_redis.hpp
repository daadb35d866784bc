// A Redis of one's own on loopback, with its append-only file in a folder of one's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/result.hpp"
#include "tools/servers/child_process.hpp"

namespace troupe::tool {

struct PrivateRedisOptions {
  std::filesystem::path folder;  ///< exists; gets the log and the append-only file
  bool outlives_parent = false;
};

/// Listens when start() or restart() has succeeded. Not thread safe.
class PrivateRedis {
public:
  static Result<std::unique_ptr<PrivateRedis>> start(PrivateRedisOptions options);

  std::string url() const;
  ChildProcess& process() { return *process_; }

  /// SIGKILL, and waits until it is gone.
  void kill_hard();
  /// Starts it again on the same port and folder. REQUIRES: it is not running.
  Result<void> restart();

private:
  explicit PrivateRedis(PrivateRedisOptions options);

  PrivateRedisOptions options_;
  std::uint16_t port_;
  std::optional<ChildProcess> process_;
};

}  // namespace troupe::tool
