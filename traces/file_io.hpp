#pragma once

#include <cstddef>
#include <cstdint>
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

/// Writes beside `path` and renames, so that an interrupted write leaves the old file or none.
/// FileError if that fails.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace turnpike::traces
