#include "traces/file_io.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "sim/base/error.hpp"

namespace turnpike::traces {

void require_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw FileError{{path}, "no such file"};
  }
  if (!std::filesystem::status_known(status)) {
    throw FileError{{path}, fmt::format("cannot be opened: {}", error.message())};
  }
  if (std::filesystem::is_directory(status)) {
    throw FileError{{path}, "is a directory, not a file"};
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw FileError{{path}, "not a regular file"};
  }
  if (std::filesystem::file_size(path, error) == 0) {
    throw FileError{{path}, "is empty"};
  }
}

FileStart read_start(const std::string& path, std::size_t most) {
  require_file(path);
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
  require_file(path);
  std::ifstream in{path, std::ios::binary | std::ios::ate};
  if (!in) {
    throw FileError{{path}, fmt::format("cannot be opened: {}", std::strerror(errno))};
  }
  std::string bytes(static_cast<std::size_t>(in.tellg()), '\0');
  in.seekg(0);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!in) {
    throw FileError{{path}, "cannot be read to its end"};
  }
  return bytes;
}

void write_file(const std::string& path, std::string_view bytes) {
  const std::string partial = fmt::format("{}.partial-{}", path, ::getpid());
  std::ofstream out{partial, std::ios::binary | std::ios::trunc};
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out || std::rename(partial.c_str(), path.c_str()) != 0) {
    const std::string reason = std::strerror(errno);
    static_cast<void>(std::remove(partial.c_str()));
    throw FileError{{path}, fmt::format("cannot be written: {}", reason)};
  }
}

}  // namespace turnpike::traces
