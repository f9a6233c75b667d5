#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

namespace turnpike::traces {

/// All bytes of a file. FileError if it can't be read.
[[nodiscard]] std::string read_file(const std::string& path);

/// The first bytes of a file, `most` at the most, and how many it has.
struct FileStart {
  std::string bytes;
  std::uint64_t file_bytes = 0;
};
[[nodiscard]] FileStart read_start(const std::string& path, std::size_t most);

/// A file that is read from its start, piece by piece.
class InputBytes {
 public:
  /// FileError if it can't be opened.
  explicit InputBytes(const std::string& path);
  /// Bytes it had when it was opened.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// As ByteReader (npy.hpp), while this object lives. FileError if the file ends before size().
  [[nodiscard]] std::function<std::size_t(char* to, std::size_t most)> reader();

 private:
  std::string path_;
  std::ifstream in_;
  std::uint64_t size_ = 0, read_ = 0;
};

/// Tells whether a file is the one that it was: device, number, length and time of its last change.
class FileIdentity {
 public:
  explicit FileIdentity(const std::string& path);
  /// FileError if the file has been replaced, changed or removed since.
  void check() const;

 private:
  struct Facts {
    std::uint64_t device = 0, number = 0, bytes = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    friend bool operator==(const Facts&, const Facts&) = default;
  };
  [[nodiscard]] static Facts facts_of(const std::string& path);

  std::string path_;
  Facts facts_;
};

/// Writes beside `path` and renames, so that an interrupted write leaves the old file or none.
/// FileError if that fails.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace turnpike::traces
