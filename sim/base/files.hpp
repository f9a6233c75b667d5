#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>

/// Files: the one place that opens inputs, so that a result knows what it was made from, and the
/// one that writes outputs, so that none is ever there by half.
namespace turnpike {

/// Largest text that is read: configurations and tables are far below.
inline constexpr std::size_t kMostTextBytes = std::size_t{1} << 30U;

/// All bytes of a file or pipe; FileError with the system's reason if it cannot be read or is
/// longer than `most`. Every InputRecorder notes it.
[[nodiscard]] std::string read_input(const std::string& path, std::size_t most = kMostTextBytes);

/// FileError, saying why, unless the path leads to a regular file with something in it.
void require_regular_file(const std::string& path);

/// For a library that opens the file itself: notes it as read_input would. Call it before the file
/// is read: a change in between then shows as a changed input, not as an unchanged one.
void note_input(const std::string& path);

/// While it lives, notes each file that is read: canonical path, and digest of the bytes as they
/// were. Recorders nest; what an inner one sees the outer one sees, too.
class InputRecorder {
 public:
  InputRecorder();
  ~InputRecorder();
  InputRecorder(const InputRecorder&) = delete;
  InputRecorder& operator=(const InputRecorder&) = delete;

  [[nodiscard]] const std::map<std::string, std::string>& files() const { return files_; }

 private:
  friend void note_input(const std::string& path);
  friend std::string read_input(const std::string& path, std::size_t most);
  static void note(const std::string& path, std::string_view bytes);

  std::map<std::string, std::string> files_;
};

/// Digests of files as they are now, each file read once.
class FileDigests {
 public:
  /// "" if the file cannot be read.
  [[nodiscard]] const std::string& of(const std::string& path);

 private:
  std::map<std::string, std::string> known_;
};

/// Absolute, without symbolic links, "." and "..", as far as the path exists.
[[nodiscard]] std::string canonical_path(const std::string& path);

/// Writes a file by a temporary one beside it and a rename: it is there whole, or as before. What
/// is no regular file (a device, a pipe) is written directly. FileError with the system's reason.
void write_output(const std::string& path, std::string_view bytes);

/// Closes a file that was written piece by piece; FileError with the system's reason if a piece was
/// lost.
void close_output(std::ofstream& file, const std::string& path);

/// Removes what killed writers left in a folder: the temporary files of write_output.
void remove_temporaries(const std::string& directory);

/// Removes the temporary file this process is writing, if any. Async-signal-safe.
void remove_unfinished_output() noexcept;

}  // namespace turnpike
