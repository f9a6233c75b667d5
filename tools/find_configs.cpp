#include "tools/find_configs.hpp"

#include <cstdlib>
#include <filesystem>

#include <sys/auxv.h>

#include "sim/base/error.hpp"

namespace turnpike::tools {
namespace {

/// This program's file. What a shell finds in PATH is called by its name alone; the kernel knows
/// the whole one, and says so where /proc is not mounted, too.
std::filesystem::path own_file(const std::string& program) {
  std::error_code ignored;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  if (!self.empty()) {
    return self;
  }
  const auto* const started = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  return started != nullptr ? std::filesystem::path{started} : std::filesystem::path{program};
}

}  // namespace

std::string find_configs(const std::string& program) {
  namespace fs = std::filesystem;
  if (const char* given = std::getenv("TURNPIKE_CONFIGS")) {
    return given;
  }
  std::error_code ignored;
  const fs::path installed =
      fs::weakly_canonical(own_file(program), ignored).parent_path() / "../share/turnpike/configs";
  return fs::exists(installed, ignored) ? installed.lexically_normal().string()
                                        : std::string{TURNPIKE_SOURCE_CONFIGS};
}

void check_configs(const std::string& folder) {
  std::error_code error;
  const std::filesystem::directory_iterator entries{folder, error};
  if (error == std::errc::permission_denied) {
    throw FileError{{folder, 0, 0}, "cannot be read: " + error.message()};
  }
}

}  // namespace turnpike::tools
