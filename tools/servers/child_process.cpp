#include "tools/servers/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/assert.hpp"

namespace troupe::tool {

namespace {

/// Becomes the program; runs between fork and exec, so only async-signal-safe calls.
[[noreturn]] void become(char* const argv[], int log, bool outlives_parent, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (outlives_parent)
    setsid();
  else {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    setpgid(0, 0);  // a terminal's Ctrl-C is for the parent, which stops its children in order
  }
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(argv[0], argv);
  dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
  _exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(ChildOptions options) {
  TROUPE_ASSERT(!options.argv.empty(), "a program needs a name");
  const int log = open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0)
    return permanent("cannot write " + options.log.string() + ": " + std::strerror(errno));
  std::vector<char*> argv;
  for (auto& word : options.argv) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(argv.data(), log, options.outlives_parent, parent);
  const int error = errno;
  close(log);
  if (pid < 0) return retryable("cannot start " + options.argv[0] + ": " + std::strerror(error));
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, -1);
    exit_code_ = other.exit_code_;
  }
  return *this;
}

ChildProcess::~ChildProcess() { stop(); }

void ChildProcess::signal(int number) const {
  TROUPE_ASSERT(pid_ > 0 && !exit_code_, "only a running child gets signals");
  kill(pid_, number);
}

void ChildProcess::freeze() const {
  signal(SIGSTOP);
  siginfo_t stopped;
  waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED | WEXITED | WNOWAIT);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds patience) {
  if (exit_code_ || pid_ < 0) return exit_code_;
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended{.fd = fd, .events = POLLIN, .revents = 0};
  const int ready = poll(&ended, 1, static_cast<int>(patience.count()));
  close(fd);
  if (ready <= 0) return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

void ChildProcess::stop() {
  if (pid_ < 0 || wait(std::chrono::milliseconds{0})) return;
  kill(pid_, SIGTERM);
  kill(pid_, SIGCONT);
  if (wait(stop_patience)) return;
  kill(pid_, SIGKILL);
  wait(stop_patience);
}

}  // namespace troupe::tool
