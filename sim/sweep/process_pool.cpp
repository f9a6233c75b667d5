#include "sim/sweep/process_pool.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/error.hpp"

namespace turnpike::sweep {
namespace {

constexpr std::size_t kMostMessage = 4000;

/// What goes through the pipe before message and result of a task.
struct Header {
  std::uint64_t task = 0;
  std::int64_t exit_code = 0;
  std::uint64_t message = 0, result = 0;  ///< bytes
};

bool is_ignored(int signal) {
  struct sigaction action = {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// False if the reader is gone.
bool write_all(int pipe, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(pipe, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno != EINTR) {
      return false;
    }
    done += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
  return true;
}

std::string frame_of(std::size_t task, const TaskEnd& end) {
  const std::size_t message = std::min(end.message.size(), kMostMessage);
  const Header header{task, end.exit_code, message, end.result.size()};
  std::string bytes(sizeof header, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes + end.message.substr(0, message) + end.result;
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
  signals_ = ::signalfd(-1, &watched_, SFD_CLOEXEC | SFD_NONBLOCK);
}

ProcessPool::~ProcessPool() {
  kill_all();
  if (signals_ >= 0) {
    ::close(signals_);
  }
  ::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  ::sigaction(SIGCHLD, &old_child_, nullptr);
}

bool ProcessPool::run(const Tasks& tasks, const Started& started, const Ended& ended) {
  std::vector<Tasks> groups;
  for (const std::size_t task : tasks) {
    groups.push_back({task});
  }
  return run(groups, started, ended);
}

bool ProcessPool::run(const std::vector<Tasks>& groups, const Started& started,
                      const Ended& ended) {
  if (signals_ < 0) {
    throw FileError{{"a process for a point", 0, 0}, "cannot be watched: too many files are open"};
  }
  std::vector<Tasks> waiting{groups.rbegin(), groups.rend()};  // the next one is the last
  const auto any_waits = [&waiting] {
    std::erase_if(waiting, [](const Tasks& group) { return group.empty(); });
    return !waiting.empty();
  };
  while (any_waits() || !running_.empty()) {
    bool full = false;
    while (!full && any_waits() && running_.size() < static_cast<std::size_t>(jobs_)) {
      const Tasks tasks = next_tasks(waiting);
      std::for_each(tasks.begin(), tasks.end(), started);
      full = !start(tasks);
      if (full) {
        waiting.push_back(tasks);
      }
    }
    if (interrupted()) {
      kill_all();
      return false;
    }
    for (auto& [pid, child] : running_) {
      read_ends(child, ended);
    }
    for (Tasks& left : reap(ended)) {
      waiting.push_back(std::move(left));
    }
  }
  return true;
}

/// Of the next group, as many as leave each child of a pool twice as many turns.
ProcessPool::Tasks ProcessPool::next_tasks(std::vector<Tasks>& groups) const {
  Tasks& group = groups.back();
  const std::size_t shares = 2 * static_cast<std::size_t>(jobs_);
  const std::size_t count = jobs_ == 1 ? group.size() : (group.size() + shares - 1) / shares;
  const auto end = group.begin() + static_cast<std::ptrdiff_t>(count);
  Tasks tasks{group.begin(), end};
  group.erase(group.begin(), end);
  return tasks;
}

/// False if the system has no room for another process now, but some are running.
bool ProcessPool::start(const Tasks& tasks) {
  std::array<int, 2> ends{};
  const pid_t parent = ::getpid();
  const bool piped = ::pipe2(ends.data(), O_CLOEXEC) == 0;
  const pid_t child = piped ? ::fork() : -1;
  if (child == 0) {
    ::close(ends[0]);
    run_child(tasks, parent, ends[1]);
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
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  running_.emplace(child, Child{{tasks.begin(), tasks.end()}, ends[0], false, {}});
  return true;
}

void ProcessPool::run_child(const Tasks& tasks, pid_t parent, int messages) const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(static_cast<int>(ExitCode::interrupted));  // the parent died before it was asked for
  }
  std::signal(SIGINT, SIG_IGN);  // a terminal sends it to all; the parent decides
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGHUP, SIG_IGN);
  ::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  for (const std::size_t task : tasks) {
    const TaskEnd end = body_(task);
    if (!write_all(messages, frame_of(task, end))) {
      ::_exit(static_cast<int>(ExitCode::internal));
    }
    if (end.exit_code != 0) {
      break;  // whatever it left behind is nothing for another task
    }
  }
  ::_exit(0);
}

void ProcessPool::read_ends(Child& child, const Ended& ended) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(child.messages, buffer.data(), buffer.size());
    if (got > 0) {
      child.bytes.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
      break;
    }
  }
  std::size_t at = 0;
  while (child.bytes.size() - at >= sizeof(Header)) {
    Header header;
    std::memcpy(&header, child.bytes.data() + at, sizeof header);
    const std::size_t size = sizeof header + header.message + header.result;
    if (child.bytes.size() - at < size) {
      break;
    }
    const char* text = child.bytes.data() + at + sizeof header;
    const TaskEnd end{static_cast<int>(header.exit_code), 0, std::string{text, header.message},
                      std::string{text + header.message, header.result}};
    at += size;
    std::erase(child.tasks, header.task);
    child.told = true;
    ended(header.task, end);
  }
  child.bytes.erase(0, at);
}

/// The task a child was at when it died is the first it has not told the end of.
std::vector<ProcessPool::Tasks> ProcessPool::reap(const Ended& ended) {
  std::vector<pid_t> gone;
  std::vector<Tasks> left;
  for (auto& [pid, child] : running_) {
    int status = 0;
    const pid_t result = ::waitpid(pid, &status, WNOHANG);
    if (result == 0 || (result < 0 && errno == EINTR)) {
      continue;
    }
    read_ends(child, ended);  // what it told last
    gone.push_back(pid);
    ::close(child.messages);
    TaskEnd end;
    if (result < 0) {
      end.exit_code = static_cast<int>(ExitCode::internal);
      end.message = "its process is gone, and how it ended is not known";
    } else if (WIFSIGNALED(status)) {
      end.signal = WTERMSIG(status);
    } else {
      end.exit_code = WEXITSTATUS(status);
      end.message = "its process ended before it told how";
      if (end.exit_code == 0 && !child.told) {
        end.exit_code = static_cast<int>(ExitCode::internal);
      }
    }
    if (!child.tasks.empty() && (end.signal != 0 || end.exit_code != 0)) {
      ended(child.tasks.front(), end);
      child.tasks.pop_front();
    }
    left.emplace_back(child.tasks.begin(), child.tasks.end());
  }
  for (const pid_t child : gone) {
    running_.erase(child);
  }
  return left;
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

bool ProcessPool::interrupted() const {
  std::vector<pollfd> files = {{signals_, POLLIN, 0}};
  for (const auto& [pid, child] : running_) {
    files.push_back({child.messages, POLLIN, 0});
  }
  ::poll(files.data(), files.size(), -1);
  signalfd_siginfo signal = {};
  bool asked_to_end = false;
  while (::read(signals_, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    asked_to_end = asked_to_end || static_cast<int>(signal.ssi_signo) != SIGCHLD;
  }
  return asked_to_end;
}

}  // namespace turnpike::sweep
