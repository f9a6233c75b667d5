#include "sim/sweep/process_pool.hpp"

#include <array>
#include <csignal>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace turnpike::sweep {
namespace {

using Ends = std::map<std::size_t, TaskEnd>;

/// Ends of `count` tasks; whether all came to one.
bool run_all(
    int jobs, std::size_t count, const ProcessPool::Body& body, Ends& ends,
    const ProcessPool::Started& started = [](std::size_t) {}) {
  std::vector<std::size_t> tasks(count);
  std::iota(tasks.begin(), tasks.end(), 0U);
  ProcessPool pool{jobs, body};
  return pool.run(tasks, started,
                  [&ends](std::size_t task, const TaskEnd& end) { ends[task] = end; });
}

TEST(ProcessPool, EveryTaskEndsWithItsOwnCodeAndMessage) {
  Ends ends;
  ASSERT_TRUE(run_all(
      3, 20,
      [](std::size_t task) {
        return TaskEnd{static_cast<int>(task % 4), 0, "task " + std::to_string(task)};
      },
      ends));
  ASSERT_EQ(ends.size(), 20U);
  for (const auto& [task, end] : ends) {
    EXPECT_EQ(end.exit_code, static_cast<int>(task % 4));
    EXPECT_EQ(end.signal, 0);
    EXPECT_EQ(end.message, "task " + std::to_string(task));
  }
}

TEST(ProcessPool, AKilledTaskTellsItsSignalAndTheOthersGoOn) {
  Ends ends;
  ASSERT_TRUE(run_all(
      2, 4,
      [](std::size_t task) {
        if (task == 1) {
          ::raise(SIGKILL);
        }
        return TaskEnd{};
      },
      ends));
  for (const auto& [task, end] : ends) {
    EXPECT_EQ(end.signal, task == 1 ? SIGKILL : 0) << task;
    EXPECT_EQ(end.exit_code, 0);
  }
  EXPECT_EQ(ends.size(), 4U);
}

TEST(ProcessPool, AMessageIsCutRatherThanWaitedFor) {
  Ends ends;
  ASSERT_TRUE(run_all(
      1, 1,
      [](std::size_t) {
        return TaskEnd{3, 0, std::string(1'000'000, 'x')};
      },
      ends));
  EXPECT_EQ(ends[0].message, std::string(4000, 'x'));
}

TEST(ProcessPool, ATaskOfAGroupThatFailsOrDiesLeavesTheOthersToOtherProcesses) {
  for (const int jobs : {1, 3}) {
    Ends ends;
    const std::vector<ProcessPool::Tasks> groups = {{0, 1, 2, 3, 4, 5, 6}, {7}, {8, 9, 10, 11}};
    ProcessPool pool{jobs, [](std::size_t task) {
                       if (task == 2 || task == 9) {
                         ::raise(SIGKILL);
                       }
                       return TaskEnd{task == 4 ? 3 : 0, 0, std::to_string(::getpid()), {}};
                     }};
    std::map<std::size_t, int> told;
    ASSERT_TRUE(pool.run(
        groups, [](std::size_t) {},
        [&](std::size_t task, const TaskEnd& end) {
          ends[task] = end;
          ++told[task];
        }));
    ASSERT_EQ(ends.size(), 12U);
    for (const auto& [task, end] : ends) {
      EXPECT_EQ(end.signal, task == 2 || task == 9 ? SIGKILL : 0) << task;
      EXPECT_EQ(end.exit_code, task == 4 ? 3 : 0) << task;
      EXPECT_EQ(told[task], 1) << task;
    }
    EXPECT_NE(ends[4].message, ends[5].message) << "a process goes no further after a failure";
    if (jobs == 1) {
      EXPECT_EQ(ends[0].message, ends[1].message) << "tasks of a group share a process";
    }
  }
}

TEST(ProcessPool, ResultsOfAnyLengthComeWhole) {
  Ends ends;
  const auto text = [](std::size_t task) {
    return std::string(task * 300'000, static_cast<char>('a' + task));
  };
  ProcessPool pool{2, [&](std::size_t task) { return TaskEnd{0, 0, "m", text(task)}; }};
  ASSERT_TRUE(pool.run(
      std::vector<ProcessPool::Tasks>{{0, 1, 2, 3}, {4, 5}}, [](std::size_t) {},
      [&ends](std::size_t task, const TaskEnd& end) { ends[task] = end; }));
  for (std::size_t task = 0; task < 6; ++task) {
    EXPECT_EQ(ends[task].message, "m");
    EXPECT_EQ(ends[task].result, text(task));
  }
}

TEST(ProcessPool, AProcessThatEndsWithoutAWordIsAFailure) {
  Ends ends;
  ASSERT_TRUE(run_all(
      2, 3,
      [](std::size_t task) {
        if (task == 1) {
          ::_exit(0);
        }
        return TaskEnd{};
      },
      ends));
  EXPECT_NE(ends[1].exit_code, 0);
  EXPECT_EQ(ends[0].exit_code, 0);
}

TEST(ProcessPool, EndsAreNoticedWhereTheCallerIgnoresChildren) {
  const auto old = std::signal(SIGCHLD, SIG_IGN);
  Ends ends;
  ::alarm(20);  // a pool that waits for ever is killed
  EXPECT_TRUE(run_all(
      2, 5,
      [](std::size_t) {
        return TaskEnd{3, 0, ""};
      },
      ends));
  ::alarm(0);
  EXPECT_EQ(std::signal(SIGCHLD, old), SIG_IGN);  // as the caller had it
  ASSERT_EQ(ends.size(), 5U);
  EXPECT_EQ(ends[4].exit_code, 3);
}

/// A signal, whenever it comes, ends the run and its children.
class Interrupted : public testing::TestWithParam<int> {};

TEST_P(Interrupted, ASignalEndsTheRunAndItsChildren) {
  Ends ends;
  std::size_t started = 0;
  const bool done = run_all(
      2, 6,
      [](std::size_t) {
        ::sleep(20);
        return TaskEnd{};
      },
      ends,
      [&](std::size_t) {
        if (++started == 2) {
          ::raise(GetParam());  // before the pool waits for anything
        }
      });
  EXPECT_FALSE(done);
  EXPECT_TRUE(ends.empty());
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupted, testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST(ProcessPool, ChildrenDoNotOutliveAKilledParent) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::close(pipe[0]);
    Ends ends;
    static_cast<void>(run_all(
        2, 2,
        [&pipe](std::size_t) {
          if (::write(pipe[1], "x", 1) == 1) {
            ::sleep(20);
          }
          return TaskEnd{};
        },
        ends));
    ::_exit(0);
  }
  ::close(pipe[1]);
  std::array<char, 2> bytes{};
  for (char& byte : bytes) {
    ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
  }
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  ::alarm(15);  // less than the children would sleep
  char byte = 0;
  EXPECT_EQ(::read(pipe[0], &byte, 1), 0) << "end of file comes when no child has the pipe";
  ::alarm(0);
  ::close(pipe[0]);
}

}  // namespace
}  // namespace turnpike::sweep
