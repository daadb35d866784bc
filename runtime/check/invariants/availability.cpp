// I23: how long clients were served nothing while they asked, and how much of it faults explain.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/check/invariants/invariants.hpp"
#include "runtime/check/run/fault_times.hpp"

namespace troupe::check {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// So long clients may be served nothing beyond the time of faults: a leader election among NATS
/// servers takes up to 9 s, and then leases and consumers follow.
constexpr nanoseconds recovery_max = std::chrono::seconds(15);
/// Clients that wait longer than this before their next try do not ask meanwhile.
constexpr nanoseconds between_tries_max = std::chrono::seconds(5);
/// Fewer answers say nothing about a service.
constexpr std::size_t answers_min = 10;

struct Stretch {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  nanoseconds length() const { return nanoseconds(end_ns - begin_ns); }
};

/// A decision: the command happened, or the domain refused it. That a node is busy or not there is
/// none.
bool is_served(const ClientEvent& event) {
  return event.type == ClientEvent::Type::ok
         || (event.type == ClientEvent::Type::rejected
             && event.rejection.code == RejectionCode::refused);
}

std::vector<const ClientEvent*> in_time_order(const std::vector<ClientEvent>& history) {
  std::vector<const ClientEvent*> events;
  for (const auto& event : history)
    if (event.about_command()) events.push_back(&event);
  std::ranges::stable_sort(events, {}, &ClientEvent::at_ns);
  return events;
}

/// Follows a history, event by event, and finds when clients asked and none was served.
class Stretches {
public:
  void read(const ClientEvent& event) {
    if (event.type == ClientEvent::Type::invoke) {
      const bool gave_up = open_tries_ == 0 && event.at_ns - last_ns_ > between_tries_max.count();
      if (!asking_ || gave_up) since_ns_ = event.at_ns;
      asking_ = true;
      ++open_tries_;
      last_invoke_ns_ = event.at_ns;
    } else {
      if (open_tries_ > 0) --open_tries_;
      if (is_served(event)) serve(event.at_ns);
    }
    last_ns_ = event.at_ns;
  }
  /// What nobody answered any more ends with the last question.
  std::vector<Stretch> finish() {
    end_at(last_invoke_ns_);
    return std::move(found_);
  }

  std::size_t answers = 0;

private:
  void serve(std::int64_t time_ns) {
    ++answers;
    end_at(time_ns);
    since_ns_ = time_ns;
    asking_ = open_tries_ > 0;
  }
  void end_at(std::int64_t time_ns) {
    if (asking_ && time_ns > since_ns_) found_.push_back({since_ns_, time_ns});
  }

  bool asking_ = false;
  std::uint64_t open_tries_ = 0;
  std::int64_t last_ns_ = 0;   // of any event
  std::int64_t since_ns_ = 0;  // clients ask, and nobody was served since
  std::int64_t last_invoke_ns_ = 0;
  std::vector<Stretch> found_;
};

std::uint64_t in_ms(nanoseconds time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(time).count());
}

}  // namespace

void check_availability(const DecodedRun& run, Report& report) {
  const auto& history = run.run().history;
  if (!history) return report.not_checked("I23", "there is no history of answers");
  Stretches read;
  for (const auto* event : in_time_order(*history)) read.read(*event);
  if (read.answers < answers_min)
    return report.not_checked("I23", "clients got " + std::to_string(read.answers)
                                         + " answers, too few to tell an interruption");
  const FaultTimes faults(*history);
  nanoseconds longest{0};
  nanoseconds longest_unexplained{0};
  for (const auto& stretch : read.finish()) {
    const auto unexplained = stretch.length() - faults.in_force(stretch.begin_ns, stretch.end_ns);
    longest = std::max(longest, stretch.length());
    longest_unexplained = std::max(longest_unexplained, unexplained);
    if (unexplained > recovery_max)
      report.violated(
          "I23",
          "nobody was served for " + std::to_string(in_ms(stretch.length()))
              + " ms, of which no fault explains " + std::to_string(in_ms(unexplained)),
          "from " + std::to_string(stretch.begin_ns) + " to " + std::to_string(stretch.end_ns));
  }
  report.count("interruption: longest, ms", in_ms(longest));
  report.count("interruption: beyond faults, ms", in_ms(longest_unexplained));
}

}  // namespace troupe::check
