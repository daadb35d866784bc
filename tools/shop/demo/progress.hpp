// Shows on stderr how far a run has come: a bar on a terminal, else a line now and then.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "tools/shop/demo/driver.hpp"

namespace troupe::tool {

/// Other lines for stderr go through note(), so that they do not tear the bar. Thread safe.
class Progress {
public:
  static constexpr std::chrono::milliseconds bar_interval{200};
  static constexpr std::chrono::milliseconds line_interval{5'000};

  Progress();

  void note(const std::string& line);

  /// Shows what `read` tells, on a thread of its own, until it is destroyed.
  class Showing {
  public:
    Showing(Progress& progress, std::function<DriveProgress()> read);
    ~Showing();
    Showing(const Showing&) = delete;
    Showing& operator=(const Showing&) = delete;

  private:
    Progress& progress_;
    const std::function<DriveProgress()> read_;
    StopFlag stop_;
    std::thread thread_;
  };

private:
  void draw(const DriveProgress& progress);

  const bool terminal_;
  std::mutex output_;  // guards stderr
};

}  // namespace troupe::tool
