#include "tools/shop/demo/progress.hpp"

#include <cstdio>

#include <unistd.h>

#include "runtime/base/printable.hpp"

namespace troupe::tool {

namespace {

constexpr std::size_t bar_width = 30;

std::string bar(std::uint64_t done, std::uint64_t all) {
  const std::size_t filled = all == 0 ? 0 : bar_width * done / all;
  return "[" + std::string(filled, '#') + std::string(bar_width - filled, '.') + "]";
}

std::string words(const DriveProgress& progress) {
  return std::to_string(progress.ended) + "/" + std::to_string(progress.invoices) + " invoices, "
         + std::to_string(progress.flow.standing) + " confirmed, "
         + std::to_string(progress.flow.cancelled) + " cancelled, "
         + std::to_string(progress.flow.commits) + " commits";
}

}  // namespace

Progress::Progress() : terminal_(isatty(STDERR_FILENO) != 0) {}

void Progress::note(const std::string& line) {
  const std::lock_guard lock(output_);
  std::fprintf(stderr, "%s%s\n", terminal_ ? "\r\x1b[K" : "", printable_lines(line).c_str());
}

void Progress::draw(const DriveProgress& progress) {
  const std::lock_guard lock(output_);
  if (terminal_)
    std::fprintf(stderr, "\r\x1b[K%s %s", bar(progress.ended, progress.invoices).c_str(),
                 words(progress).c_str());
  else
    std::fprintf(stderr, "%s\n", words(progress).c_str());
  std::fflush(stderr);
}

Progress::Showing::Showing(Progress& progress, std::function<DriveProgress()> read)
    : progress_(progress), read_(std::move(read)), thread_([this] {
        const auto interval = progress_.terminal_ ? bar_interval : line_interval;
        while (stop_.wait_for(interval)) progress_.draw(read_());
      }) {}

Progress::Showing::~Showing() {
  stop_.stop();
  thread_.join();
  progress_.draw(read_());
  if (progress_.terminal_) std::fputc('\n', stderr);
}

}  // namespace troupe::tool
