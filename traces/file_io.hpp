#pragma once

#include <string>
#include <string_view>

namespace turnpike::traces {

/// All bytes of a file. FileError if it can't be read.
[[nodiscard]] std::string read_file(const std::string& path);

/// Writes beside `path` and renames, so that an interrupted write leaves the old file or none.
/// FileError if that fails.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace turnpike::traces
