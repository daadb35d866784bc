#include "tools/shop/drive/repeats.hpp"

#include <cstring>
#include <random>

#include "runtime/ports/identity.hpp"

namespace troupe::tool {

namespace {

constexpr unsigned repeats_max = 4;
/// Half of the repeats come while the first try may still be under way.
constexpr std::chrono::milliseconds soon_max{50};
/// The tries of one repeat are numbered from its multiple of this.
constexpr unsigned attempts_apart = 1'000;

std::mt19937_64 dice_of(const std::string& command_id, std::uint64_t seed) {
  std::uint64_t start = 0;
  std::memcpy(&start, sha256(std::to_string(seed) + ":" + command_id).data(), sizeof start);
  return std::mt19937_64(start);
}

}  // namespace

std::vector<std::chrono::milliseconds> repeats_of(const std::string& command_id,
                                                  const RepeatOptions& options) {
  auto dice = dice_of(command_id, options.seed);
  std::vector<std::chrono::milliseconds> delays;
  if (std::generate_canonical<double, 53>(dice) >= options.share) return delays;
  delays.resize(1 + dice() % repeats_max);
  for (auto& delay : delays) {
    const auto max = dice() % 2 == 0 ? soon_max : std::max(options.late_max, soon_max);
    delay = std::chrono::milliseconds(dice() % static_cast<std::uint64_t>(max.count()));
  }
  return delays;
}

Repeats::Repeats(RepeatOptions options, CommandSender& sender, check::History& history,
                 StopFlag& stop, Patience patience)
    : options_(options),
      pool_("repeat", clients, sender, history, stop, patience),
      delays_(std::make_unique<DelayQueue>()) {}

void Repeats::plan(const Wish& wish) {
  unsigned first_attempt = attempts_apart;
  for (const auto delay : repeats_of(wish.id, options_)) {
    {
      const std::lock_guard lock(mutex_);
      ++open_;
    }
    // Too many wait already: then it is not so late.
    if (!delays_->run_after(delay, [this, wish, first_attempt] { send(wish, first_attempt); }))
      send(wish, first_attempt);
    first_attempt += attempts_apart;
  }
}

void Repeats::send(const Wish& wish, unsigned first_attempt) {
  pool_.submit(
      wish,
      [this](const Outcome&) {
        const std::lock_guard lock(mutex_);
        --open_;
        changed_.notify_all();
      },
      first_attempt);
}

void Repeats::finish() {
  delays_.reset();  // runs what waits
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return open_ == 0; });
}

}  // namespace troupe::tool
