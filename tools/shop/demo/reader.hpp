// Reads views while orders are driven, and writes down how far each was.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/check/history/history.hpp"
#include "runtime/nats/requests/command_client.hpp"
#include "tools/shop/demo/command_sender.hpp"
#include "tools/shop/demo/patient_client.hpp"

namespace troupe::tool {

struct ViewQuestion {
  Subject subject;
  std::string view;  ///< that answers it: <context>/<view>
  SharedMessage body;
};

/// What may be asked about a wish: of an order placed the order, its customer and an article; of
/// anything else nothing.
std::vector<ViewQuestion> questions_about(const Wish& wish);

/// One process of the history, which asks one question at a time about the order placed last: the
/// views in turn. It wants to see no less than it has seen, as a node may be a moment behind
/// another, and a position is only how far the answering one surely is. An answer is recorded as a
/// read, also that there is no such row; what fails is not, and is asked again in its turn.
/// Thread safe.
class Reader {
public:
  static constexpr std::chrono::milliseconds timeout{2'000};
  static constexpr const char* process = "reader-0";

  /// REQUIRES: `connection` and `history` outlive it.
  Reader(double per_second, nats::Connection& connection, check::History& history);
  /// Stops asking and waits for the answer under way, a timeout at most.
  ~Reader() { end(); }

  /// Hears what is driven.
  void note(const Wish& wish);

  /// Stops, and asks each question once more.
  void finish();

private:
  void run();
  void end();
  void ask(const ViewQuestion& question);

  const std::chrono::milliseconds between_;
  nats::CommandClient client_;
  check::History& history_;
  StopFlag stop_;
  std::map<std::string, Position> seen_;  // by stream; of the thread

  std::mutex mutex_;  // guards what follows
  std::vector<ViewQuestion> questions_;
  std::thread thread_;  // last: runs from construction
};

}  // namespace troupe::tool
