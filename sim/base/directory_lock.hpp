#pragma once

#include <optional>
#include <string>

namespace turnpike {

/// A folder of results that one process writes at a time: flock on a file in it, which goes when
/// the writer is done. A killed writer leaves the file, but no lock. On a file system without locks
/// the folder counts as free.
class DirectoryLock {
 public:
  /// Waits for the folder. FileError if no file can be made in it.
  [[nodiscard]] static DirectoryLock take(const std::string& directory);
  /// nullopt if another process has it.
  [[nodiscard]] static std::optional<DirectoryLock> try_take(const std::string& directory);

  /// Removes the file that a killed writer left; none is left by others.
  static void clear(const std::string& directory);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  DirectoryLock(std::string path, int file);
  [[nodiscard]] static std::optional<DirectoryLock> take(const std::string& directory, bool wait);

  std::string path_;
  int file_;
  int owner_;  ///< process that took it: a forked child does not end it
};

/// Name of the file in the folder.
inline constexpr const char* kLockFile = ".turnpike.lock";

/// Removes the file of the lock this process took last, if it has it still. Async-signal-safe.
void remove_held_lock_file() noexcept;

}  // namespace turnpike
