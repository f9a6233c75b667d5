#include "tools/output_paths.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::tools {
namespace {

namespace fs = std::filesystem;

/// What a run directory holds.
constexpr const char* kRunFiles[] = {"config.resolved.yaml", "results.json", "layers.csv",
                                     "counts.csv",           "stats.txt",    "run.json"};

fs::path resolved(const std::string& path) {
  std::error_code error;
  fs::path out = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) {
    out = fs::absolute(path, error).lexically_normal();
  }
  return out.has_filename() ? out : out.parent_path();  // "dir/" is dir
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return resolved(a) == resolved(b) || fs::equivalent(a, b, ignored);
}

bool in_run_directory(const std::string& file, const std::string& directory) {
  return std::any_of(std::begin(kRunFiles), std::end(kRunFiles), [&](const char* own) {
    return same_file(file, (fs::path{directory} / own).string());
  });
}

}  // namespace

void check_outputs(const std::vector<NamedPath>& files, const NamedPath& run_directory,
                   const std::vector<NamedPath>& inputs) {
  std::vector<NamedPath> taken = inputs;
  std::vector<NamedPath> outputs = files;
  outputs.push_back(run_directory);
  for (const NamedPath& output : outputs) {
    if (!output.path || *output.path == "/dev/null") {
      continue;
    }
    for (const NamedPath& other : taken) {
      if (other.path && same_file(*output.path, *other.path)) {
        throw InputError{{fmt::format("{} {}", output.option, *output.path), 0, 0},
                         fmt::format("is the file of {}, too; give each its own", other.option)};
      }
    }
    if (run_directory.path && &output != &outputs.back() &&
        in_run_directory(*output.path, *run_directory.path)) {
      throw InputError{{fmt::format("{} {}", output.option, *output.path), 0, 0},
                       fmt::format("is a file of the run directory of {}; give it another name",
                                   run_directory.option)};
    }
    taken.push_back(output);
  }
}

}  // namespace turnpike::tools
