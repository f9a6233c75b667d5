#include "sim/base/directory_lock.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/error.hpp"

namespace turnpike {
namespace {

/// Path of the file locked last, for a signal handler; "" if none is.
std::array<char, 4096>& held() {
  static std::array<char, 4096> path{};
  return path;
}

/// Whether the name still leads to the open file: its last owner may have removed it meanwhile.
bool still_there(const std::string& path, int file) {
  struct stat named = {};
  struct stat open = {};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(file, &open) == 0 &&
         named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

/// True if locked, or if the file system knows no locks; false if another process has it.
bool lock(int file, bool wait) {
  int result = 0;
  do {
    result = ::flock(file, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  return result == 0 || errno != EWOULDBLOCK;
}

}  // namespace

DirectoryLock::DirectoryLock(std::string path, int file)
    : path_{std::move(path)}, file_{file}, owner_{::getpid()} {}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : path_{std::move(other.path_)}, file_{std::exchange(other.file_, -1)}, owner_{other.owner_} {}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) {
    if (owner_ == ::getpid()) {
      ::unlink(path_.c_str());
      held().front() = '\0';
    }
    ::close(file_);
  }
}

std::optional<DirectoryLock> DirectoryLock::take(const std::string& directory, bool wait) {
  const std::string path = directory + "/" + kLockFile;
  for (;;) {
    constexpr mode_t kMode = 0666;  // less the umask
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kMode);
    if (file < 0) {
      throw FileError{{directory, 0, 0},
                      fmt::format("cannot be written to: {}", std::strerror(errno))};
    }
    DirectoryLock taken{path, file};
    if (!lock(file, wait)) {
      taken.owner_ = 0;  // not ours to remove
      return std::nullopt;
    }
    if (still_there(path, file)) {
      std::strncpy(held().data(), path.c_str(), held().size() - 1);
      return taken;
    }
    taken.owner_ = 0;
  }
}

void DirectoryLock::clear(const std::string& directory) {
  if (::access((directory + "/" + kLockFile).c_str(), F_OK) == 0) {
    static_cast<void>(try_take(directory));
  }
}

void remove_held_lock_file() noexcept {
  if (held().front() != '\0') {
    ::unlink(held().data());
  }
}

DirectoryLock DirectoryLock::take(const std::string& directory) {
  return *take(directory, true);
}

std::optional<DirectoryLock> DirectoryLock::try_take(const std::string& directory) {
  return take(directory, false);
}

}  // namespace turnpike
