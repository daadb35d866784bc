// Reads the event streams of some contexts from their start and hands on every commit.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/ports/event_cursor.hpp"
#include "tools/shop/demo/patient_client.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::tool {

/// One thread per context. Reads until it is destroyed or a stream cannot be read on.
class Follower {
public:
  static constexpr std::size_t batch_max = 500;
  static constexpr std::chrono::milliseconds patience{250};
  /// After a failure that may pass.
  static constexpr std::chrono::milliseconds pause{200};

  /// Both run on the follower's threads, `commits` once per batch of one stream.
  struct Handlers {
    std::function<void(const std::vector<v1::Commit>&)> commits;
    std::function<void(const std::string& problem)> failed;
  };

  Follower(EventStreams& streams, const std::vector<std::string>& contexts, Handlers handlers);
  ~Follower();

private:
  void follow(const Token& context);

  EventStreams& streams_;
  const Handlers handlers_;
  StopFlag stop_;
  std::vector<std::thread> threads_;
};

}  // namespace troupe::tool
