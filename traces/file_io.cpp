#include "traces/file_io.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include <fmt/format.h>
#include <sys/stat.h>

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

InputBytes::InputBytes(const std::string& path)
    : path_{path}, in_{path, std::ios::binary | std::ios::ate} {
  if (!in_) {
    throw FileError{{path}, fmt::format("cannot be opened: {}", std::strerror(errno))};
  }
  size_ = static_cast<std::uint64_t>(in_.tellg());
  in_.seekg(0);
}

std::function<std::size_t(char* to, std::size_t most)> InputBytes::reader() {
  return [this](char* to, std::size_t most) {
    in_.read(to, static_cast<std::streamsize>(std::min<std::uint64_t>(most, size_ - read_)));
    const auto got = static_cast<std::size_t>(in_.gcount());
    read_ += got;
    if (got == 0 && most > 0 && read_ < size_) {
      throw FileError{{path_}, fmt::format("ends after {} of its {} bytes", read_, size_)};
    }
    return got;
  };
}

FileIdentity::FileIdentity(const std::string& path) : path_{path}, facts_{facts_of(path)} {}

void FileIdentity::check() const {
  if (facts_of(path_) != facts_) {
    throw FileError{{path_}, "was changed, replaced or removed while it was in use; start again"};
  }
}

FileIdentity::Facts FileIdentity::facts_of(const std::string& path) {
  struct stat now = {};
  if (::stat(path.c_str(), &now) != 0) {
    return {};
  }
  return {now.st_dev, now.st_ino, static_cast<std::uint64_t>(now.st_size), now.st_mtim.tv_sec,
          now.st_mtim.tv_nsec};
}

void write_file(const std::string& path, std::string_view bytes) {
  write_output(path, bytes);
}

}  // namespace turnpike::traces
