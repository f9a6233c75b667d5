#include "sim/sweep/process_pool.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/error.hpp"

namespace turnpike::sweep {
namespace {

constexpr std::size_t kMostMessage = 4000;  // below PIPE_BUF: written at once, and never blocks

std::string read_message(int pipe) {
  std::array<char, kMostMessage> buffer{};
  const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
  return got > 0 ? std::string{buffer.data(), static_cast<std::size_t>(got)} : std::string{};
}

bool is_ignored(int signal) {
  struct sigaction action = {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

// The signals are blocked and waited for, so that none falls between a test and a wait; SIGCHLD
// must not be ignored, or children vanish without their exit codes.
ProcessPool::ProcessPool(int jobs, Body body) : jobs_{jobs}, body_{std::move(body)} {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &action, &old_child_);
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGCHLD);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) {
      sigaddset(&watched_, signal);
    }
  }
  ::sigprocmask(SIG_BLOCK, &watched_, &old_mask_);
}

ProcessPool::~ProcessPool() {
  kill_all();
  ::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  ::sigaction(SIGCHLD, &old_child_, nullptr);
}

bool ProcessPool::run(const std::vector<std::size_t>& tasks, const Started& started,
                      const Ended& ended) {
  std::size_t next = 0;
  while (next < tasks.size() || !running_.empty()) {
    bool full = false;
    while (!full && next < tasks.size() && running_.size() < static_cast<std::size_t>(jobs_)) {
      started(tasks[next]);
      full = !start(tasks[next]);
      next += full ? 0 : 1;
    }
    const bool some_ended = !reap(ended).empty();
    if (interrupted(!some_ended)) {
      kill_all();
      return false;
    }
  }
  return true;
}

/// False if the system has no room for another process now, but some are running.
bool ProcessPool::start(std::size_t task) {
  std::array<int, 2> ends{};
  const pid_t parent = ::getpid();
  const bool piped = ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0;
  const pid_t child = piped ? ::fork() : -1;
  if (child == 0) {
    ::close(ends[0]);
    run_child(task, parent, ends[1]);
  }
  const int failure = errno;
  if (piped) {
    ::close(ends[1]);
  }
  if (child < 0) {
    if (piped) {
      ::close(ends[0]);
    }
    if (running_.empty()) {
      throw FileError{{"a process for a point", 0, 0},
                      fmt::format("cannot be started: {}", std::strerror(failure))};
    }
    return false;
  }
  running_.emplace(child, Child{task, ends[0]});
  return true;
}

void ProcessPool::run_child(std::size_t task, pid_t parent, int messages) const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(static_cast<int>(ExitCode::interrupted));  // the parent died before it was asked for
  }
  std::signal(SIGINT, SIG_IGN);  // a terminal sends it to all; the parent decides
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGHUP, SIG_IGN);
  ::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  const TaskEnd end = body_(task);
  const ssize_t written =
      ::write(messages, end.message.data(), std::min(end.message.size(), kMostMessage));
  ::_exit(written < 0 && end.exit_code == 0 ? static_cast<int>(ExitCode::internal) : end.exit_code);
}

std::vector<pid_t> ProcessPool::reap(const Ended& ended) {
  std::vector<pid_t> gone;
  for (const auto& [child, state] : running_) {
    int status = 0;
    const pid_t result = ::waitpid(child, &status, WNOHANG);
    if (result == 0 || (result < 0 && errno == EINTR)) {
      continue;
    }
    TaskEnd end;
    end.message = read_message(state.messages);
    if (result < 0) {
      end.exit_code = static_cast<int>(ExitCode::internal);
      end.message = "its process is gone, and how it ended is not known";
    } else if (WIFSIGNALED(status)) {
      end.signal = WTERMSIG(status);
    } else {
      end.exit_code = WEXITSTATUS(status);
    }
    ::close(state.messages);
    gone.push_back(child);
    ended(state.task, end);
  }
  for (const pid_t child : gone) {
    running_.erase(child);
  }
  return gone;
}

void ProcessPool::kill_all() {
  for (const auto& [child, state] : running_) {
    ::kill(child, SIGKILL);
  }
  for (const auto& [child, state] : running_) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    ::close(state.messages);
  }
  running_.clear();
}

bool ProcessPool::interrupted(bool wait) const {
  const timespec at_once = {0, 0};
  for (;;) {
    const int signal =
        wait ? ::sigwaitinfo(&watched_, nullptr) : ::sigtimedwait(&watched_, nullptr, &at_once);
    if (signal > 0 && signal != SIGCHLD) {
      return true;
    }
    if (signal == SIGCHLD && wait) {
      return false;
    }
    if (signal < 0 && errno != EINTR) {
      return false;  // none is pending
    }
  }
}

}  // namespace turnpike::sweep
