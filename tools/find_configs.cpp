#include "tools/find_configs.hpp"

#include <cstdlib>
#include <filesystem>

namespace turnpike::tools {

std::string find_configs(const std::string& program) {
  namespace fs = std::filesystem;
  if (const char* given = std::getenv("TURNPIKE_CONFIGS")) {
    return given;
  }
  std::error_code ignored;
  const fs::path installed =
      fs::weakly_canonical(program, ignored).parent_path() / "../share/turnpike/configs";
  return fs::exists(installed, ignored) ? installed.lexically_normal().string()
                                        : std::string{TURNPIKE_SOURCE_CONFIGS};
}

}  // namespace turnpike::tools
