#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace turnpike::sweep {

/// What a task came to. Its result is on disk; this is the rest.
struct TaskEnd {
  int exit_code = 0;    ///< of the process, if no signal ended it
  int signal = 0;       ///< that killed it, or 0
  std::string message;  ///< why it failed, at most 4000 bytes
};

/// Runs tasks in child processes of their own, several at a time.
///
/// Children never outlive the parent, however it ends. INT, TERM and HUP, unless the caller ignores
/// them, kill the children and end the run whenever they come.
class ProcessPool {
 public:
  /// Called in the child; its exit code and message are what the parent is told.
  using Body = std::function<TaskEnd(std::size_t task)>;
  /// Called in the parent.
  using Started = std::function<void(std::size_t task)>;
  using Ended = std::function<void(std::size_t task, const TaskEnd& end)>;

  ProcessPool(int jobs, Body body);
  ~ProcessPool();
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  /// True if all tasks ended, false if a signal interrupted them. FileError if the system starts no
  /// process at all.
  [[nodiscard]] bool run(const std::vector<std::size_t>& tasks, const Started& started,
                         const Ended& ended);

 private:
  struct Child {
    std::size_t task = 0;
    int messages = -1;  ///< read end of its pipe
  };

  bool start(std::size_t task);
  [[noreturn]] void run_child(std::size_t task, pid_t parent, int messages) const;
  /// Children that have ended; those given up on if the system does not know them.
  std::vector<pid_t> reap(const Ended& ended);
  void kill_all();
  /// Whether INT, TERM or HUP came; waits for any signal if `wait`.
  [[nodiscard]] bool interrupted(bool wait) const;

  int jobs_;
  Body body_;
  std::map<pid_t, Child> running_;
  sigset_t watched_ = {}, old_mask_ = {};
  struct sigaction old_child_ = {};
};

}  // namespace turnpike::sweep
