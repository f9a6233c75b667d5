#include "traces/file_io.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "sim/base/error.hpp"

namespace turnpike::traces {

std::string read_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw FileError{{path}, "no such file"};
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw FileError{{path}, "not a regular file"};
  }
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
