#include "tests/fuzz/memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/error.hpp"

namespace turnpike::fuzz {

MemoryFile::MemoryFile(std::string_view bytes) : descriptor_{::memfd_create("fuzz", MFD_CLOEXEC)} {
  ensure(descriptor_ >= 0, "a file in memory");
  while (!bytes.empty()) {
    const ::ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    ensure(written > 0, "a file in memory takes what is written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

MemoryFile::~MemoryFile() {
  ::close(descriptor_);
}

std::string MemoryFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

}  // namespace turnpike::fuzz
