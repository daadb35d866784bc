#include "runtime/program/stop_signals.hpp"

#include <array>
#include <csignal>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "runtime/base/assert.hpp"

namespace troupe::program {

namespace {

int block_and_open() {
  sigset_t taken;
  sigemptyset(&taken);
  sigaddset(&taken, SIGINT);
  sigaddset(&taken, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &taken, nullptr);
  return signalfd(-1, &taken, SFD_CLOEXEC);
}

}  // namespace

StopSignals::StopSignals()
    : signals_(block_and_open()), end_(eventfd(0, EFD_CLOEXEC)), thread_([this] { listen(); }) {
  TROUPE_ASSERT(signals_ >= 0 && end_ >= 0, "the system gave no descriptor for signals");
}

StopSignals::~StopSignals() {
  eventfd_write(end_, 1);
  thread_.join();
  close(signals_);
  close(end_);
}

void StopSignals::on_stop(std::function<void()> stop) {
  const std::lock_guard lock(mutex_);
  stop_ = std::move(stop);
  if (came_ && stop_) stop_();
}

void StopSignals::wait() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return came_; });
}

bool StopSignals::wait_for(std::chrono::milliseconds time) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return came_; });
}

void StopSignals::listen() {
  std::array<pollfd, 2> polled{{{signals_, POLLIN, 0}, {end_, POLLIN, 0}}};
  for (;;) {
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    if (polled[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    const std::lock_guard lock(mutex_);
    if (!std::exchange(came_, true) && stop_) stop_();
    changed_.notify_all();
  }
}

}  // namespace troupe::program
