// A program started by this one, which also ends it.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "runtime/base/result.hpp"

namespace troupe::tool {

struct ChildOptions {
  std::vector<std::string> argv;  ///< argv[0] is looked up on PATH when it has no slash
  std::filesystem::path log;      ///< both output streams are appended here
  /// Else the kernel ends it when the thread that starts it ends: start it on one that stays.
  bool outlives_parent = false;
};

/// Moves, does not copy. Not thread safe, but for pid().
/// The destructor asks it to stop, unless it was let go, and kills it after `stop_patience`.
class ChildProcess {
public:
  static constexpr std::chrono::milliseconds stop_patience{10'000};

  static Result<ChildProcess> start(ChildOptions options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const noexcept { return pid_; }

  /// REQUIRES: it has not been waited for to the end.
  void signal(int number) const;

  /// SIGSTOP, and waits until all its threads stand still.
  /// REQUIRES: it has not been waited for to the end.
  void freeze() const;

  /// Waits until it has ended, at most `patience`. Its exit code, or 128 + the signal that ended
  /// it.
  std::optional<int> wait(std::chrono::milliseconds patience);

  /// SIGTERM, then SIGKILL after `stop_patience`. Does nothing when it has ended.
  void stop();

  /// From now on it is somebody else's: it will not be stopped.
  void let_go() noexcept { pid_ = -1; }

private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

}  // namespace troupe::tool
