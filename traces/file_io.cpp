#include "traces/file_io.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"

namespace turnpike::traces {

FileStart read_start(const std::string& path, std::size_t most) {
  require_regular_file(path);
  std::ifstream in{path, std::ios::binary | std::ios::ate};
  if (!in) {
    throw FileError{{path}, fmt::format("cannot be opened: {}", std::strerror(errno))};
  }
  FileStart start;
  start.file_bytes = static_cast<std::uint64_t>(in.tellg());
  start.bytes.resize(std::min<std::uint64_t>(most, start.file_bytes));
  in.seekg(0);
  in.read(start.bytes.data(), static_cast<std::streamsize>(start.bytes.size()));
  if (!in) {
    throw FileError{{path}, "cannot be read to its end"};
  }
  return start;
}

std::string read_file(const std::string& path) {
  require_regular_file(path);
  return read_input(path, std::numeric_limits<std::size_t>::max());
}

void write_file(const std::string& path, std::string_view bytes) {
  write_output(path, bytes);
}

}  // namespace turnpike::traces
