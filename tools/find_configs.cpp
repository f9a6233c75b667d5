#include "tools/find_configs.hpp"

#include <cstdlib>
#include <filesystem>

#include "sim/base/error.hpp"

namespace turnpike::tools {

std::string find_configs(const std::string& program) {
  namespace fs = std::filesystem;
  if (const char* given = std::getenv("TURNPIKE_CONFIGS")) {
    return given;
  }
  std::error_code ignored;
  // What a shell finds in PATH is called by its name alone.
  const fs::path self = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path installed =
      fs::weakly_canonical(self.empty() ? fs::path{program} : self, ignored).parent_path() /
      "../share/turnpike/configs";
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
