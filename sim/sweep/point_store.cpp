#include "sim/sweep/point_store.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "sim/base/digest.hpp"
#include "sim/base/error.hpp"
#include "sim/results/run_directory.hpp"

namespace turnpike::sweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* kErrorFile = "/error.txt";

/// Values that name a file from here: a relative one may be another file from another folder.
void add_named_files(const ConfigNode& node, Digest& digest) {
  const bool path_like = node.scalar.find_first_of("./") != std::string::npos &&
                         std::any_of(node.scalar.begin(), node.scalar.end(),
                                     [](unsigned char c) { return std::isalpha(c) != 0; });
  std::error_code ignored;
  if (node.kind == ConfigNode::Kind::scalar && path_like && fs::exists(node.scalar, ignored)) {
    digest.add(canonical_path(node.scalar) + '\n');
  }
  for (const ConfigNode& item : node.items) {
    add_named_files(item, digest);
  }
  for (const auto& [key, value] : node.entries) {
    add_named_files(value, digest);
  }
}

}  // namespace

std::optional<PointResult> PointStore::finished(const Point& point) {
  std::error_code ignored;
  if (!fs::exists(point.directory + "/run.json", ignored)) {
    return std::nullopt;
  }
  try {
    const auto directory = results::RunDirectory::open(point.directory);
    const auto& inputs = directory.record().inputs;
    const bool same = directory.digest("inputs") == point.identity && !inputs.empty() &&
                      std::all_of(inputs.begin(), inputs.end(), [this](const auto& input) {
                        return digests_.of(input.first) == input.second;
                      });
    if (same) {
      PointResult result;
      result.settings = point.settings;
      read_point(directory, result);
      return result;
    }
  } catch (const FileError&) {
    // damaged: run it again
  }
  return std::nullopt;
}

PointResult unfinished(const Point& point) {
  PointResult result;
  result.settings = point.settings;
  result.profile = point.config.profile;
  std::error_code ignored;
  if (fs::is_regular_file(point.directory + kErrorFile, ignored)) {
    try {
      result.message = read_input(point.directory + kErrorFile);
    } catch (const FileError& error) {
      result.message = error.what();
    }
    result.status = result.message.starts_with(kKilledBy) ? "killed" : "failed";
  }
  return result;
}

void write_failure(const Point& point, const std::string& message) {
  std::error_code ignored;
  fs::create_directories(point.directory, ignored);
  try {
    write_output(point.directory + kErrorFile, message);
  } catch (const FileError&) {
    // said in the table instead
  }
}

void clear_failure(const Point& point) {
  std::error_code ignored;
  fs::remove(point.directory + kErrorFile, ignored);
}

void clear_leftovers(const Point& point) {
  clear_failure(point);
  remove_temporaries(point.directory);
}

std::string place_of(const std::string& name) {
  std::error_code ignored;
  const bool path = name.find('/') != std::string::npos || fs::exists(name, ignored);
  return path ? canonical_path(name) : name;
}

std::string identity_of(const std::string& version, const config::AcceleratorConfig& config,
                        const std::vector<std::string>& places) {
  Digest digest;
  digest.add(version + '\n' + config.resolved.to_yaml() + '\n');
  for (const std::string& place : places) {
    digest.add(place + '\n');
  }
  add_named_files(config.resolved, digest);
  return digest.text();
}

}  // namespace turnpike::sweep
