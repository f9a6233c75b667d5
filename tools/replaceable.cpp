#include "tools/replaceable.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "traces/npz.hpp"
#include "traces/trace_file.hpp"

namespace turnpike::tools {
namespace {

/// Devices and pipes are written to as they are; there is nothing to lose in an empty file.
bool holds_something(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) &&
         std::filesystem::file_size(path, error) > 0 && !error;
}

[[noreturn]] void refuse(const std::string& path, const char* kind) {
  throw InputError{
      {path, 0, 0},
      fmt::format("is there and is no {}; give another name, or --force to replace it", kind)};
}

}  // namespace

void check_page(const std::string& path) {
  if (holds_something(path) && read_input(path).find("Written by turnpike ") == std::string::npos) {
    refuse(path, "page of turnpike report");
  }
}

void check_trace_output(const std::string& path) {
  if (!path.ends_with(".npz") || !holds_something(path)) {
    return;
  }
  bool trace = false;
  try {
    trace = traces::NpzFile::open(path).has(traces::kTraceMember);
  } catch (const FileError&) {
    // a file of another kind
  }
  if (!trace) {
    refuse(path, "trace");
  }
}

}  // namespace turnpike::tools
