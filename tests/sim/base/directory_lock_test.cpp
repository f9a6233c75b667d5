#include "sim/base/directory_lock.hpp"

#include <array>
#include <csignal>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/error.hpp"

namespace turnpike {
namespace {

namespace fs = std::filesystem;

class Locks : public testing::Test {
 protected:
  Locks() { fs::create_directories(folder_); }
  ~Locks() override { fs::remove_all(folder_); }

  /// Exit code of a process that tries to take the folder: 0 if it gets it.
  [[nodiscard]] int other_process() const {
    const pid_t child = ::fork();
    if (child == 0) {
      ::_exit(DirectoryLock::try_take(folder_) ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string folder_ =
      fs::temp_directory_path().string() + fmt::format("/turnpike-lock-{}", ::getpid());
};

TEST_F(Locks, OneProcessHasAFolderAtATime) {
  {
    const DirectoryLock lock = DirectoryLock::take(folder_);
    EXPECT_EQ(other_process(), 1);
  }
  EXPECT_EQ(other_process(), 0);
}

TEST_F(Locks, AreLeftWithoutATrace) {
  {
    const DirectoryLock lock = DirectoryLock::take(folder_);
    EXPECT_TRUE(fs::exists(folder_ + "/" + kLockFile));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Locks, AKilledOwnerHoldsNothing) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = DirectoryLock::try_take(folder_);
    static_cast<void>(::write(ends[1], "x", 1) + 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  EXPECT_EQ(other_process(), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(fs::exists(folder_ + "/" + kLockFile));
  EXPECT_EQ(other_process(), 0);
}

TEST_F(Locks, AForkedChildDoesNotEndItsParentsLock) {
  DirectoryLock lock = DirectoryLock::take(folder_);
  const pid_t child = ::fork();
  if (child == 0) {
    { const DirectoryLock taken_along{std::move(lock)}; }
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(other_process(), 1);
}

TEST_F(Locks, AFolderThatIsNotThereIsAnError) {
  EXPECT_THROW(static_cast<void>(DirectoryLock::try_take(folder_ + "/none")), FileError);
}

}  // namespace
}  // namespace turnpike
