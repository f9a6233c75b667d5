#pragma once

#include <csignal>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace turnpike::sweep {

/// What a task came to.
struct TaskEnd {
  int exit_code = 0;        ///< of the task, if no signal ended its process
  int signal = 0;           ///< that killed it, or 0
  std::string message;      ///< why it failed, at most 4000 bytes
  std::string result = {};  ///< bytes for the parent, of any length
};

/// Runs tasks in child processes, several at a time.
///
/// Tasks come in groups that share something a child makes once. A child takes some tasks of one
/// group and does them one after the other: the fewer are left, the fewer it takes, so that all
/// children end at about one time. After a task that failed it ends, and so does one that is
/// killed: what it had not come to goes to another.
///
/// Children never outlive the parent, however it ends. INT, TERM and HUP, unless the caller ignores
/// them, kill the children and end the run whenever they come.
class ProcessPool {
 public:
  using Tasks = std::vector<std::size_t>;
  /// Called in the child; the parent is told what it returns.
  using Body = std::function<TaskEnd(std::size_t task)>;
  /// Called in the parent, just before a child is started that may do this task.
  using Started = std::function<void(std::size_t task)>;
  using Ended = std::function<void(std::size_t task, const TaskEnd& end)>;

  ProcessPool(int jobs, Body body);
  ~ProcessPool();
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  /// True if all tasks ended, false if a signal interrupted them. FileError if the system starts no
  /// process at all.
  [[nodiscard]] bool run(const std::vector<Tasks>& groups, const Started& started,
                         const Ended& ended);
  /// Each task in a process of its own.
  [[nodiscard]] bool run(const Tasks& tasks, const Started& started, const Ended& ended);

 private:
  struct Child {
    std::deque<std::size_t> tasks;  ///< not ended yet
    int messages = -1;              ///< read end of its pipe
    bool told = false;              ///< the end of one at least
    std::string bytes;              ///< of an end that is not here as a whole
  };

  [[nodiscard]] Tasks next_tasks(std::vector<Tasks>& groups) const;
  bool start(const Tasks& tasks);
  [[noreturn]] void run_child(const Tasks& tasks, pid_t parent, int messages) const;
  void read_ends(Child& child, const Ended& ended);
  /// Of children that have ended; what they did not come to.
  std::vector<Tasks> reap(const Ended& ended);
  void kill_all();
  /// Waits for a message or a signal; whether INT, TERM or HUP came.
  [[nodiscard]] bool interrupted() const;

  int jobs_;
  Body body_;
  std::map<pid_t, Child> running_;
  sigset_t watched_ = {}, old_mask_ = {};
  int signals_ = -1;  ///< file of the signals that are watched
  struct sigaction old_child_ = {};
};

}  // namespace turnpike::sweep
