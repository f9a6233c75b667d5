#pragma once

#include <string>
#include <string_view>

namespace turnpike::fuzz {

/// A file that lives in memory, for readers that take a path. Gone with the object.
class MemoryFile {
 public:
  /// InternalError if the system gives none.
  explicit MemoryFile(std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  MemoryFile(MemoryFile&&) = delete;
  MemoryFile& operator=(MemoryFile&&) = delete;

  [[nodiscard]] std::string path() const;

 private:
  int descriptor_;
};

}  // namespace turnpike::fuzz
