#include "sim/sweep/sweep_directory.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/results/run_directory.hpp"

namespace turnpike::sweep {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kWhatInstead =
    "; give another directory with -o, or --force to replace what is there";

[[noreturn]] void refuse(const std::string& directory, const std::string& why) {
  throw InputError{{directory, 0, 0}, why + kWhatInstead};
}

[[noreturn]] void refuse_other_sweep(const std::string& directory,
                                     const std::vector<std::string>& request) {
  refuse(directory, fmt::format("holds another sweep ({})", fmt::join(request, ", ")));
}

/// Points of a sweep that never came to write sweep.json.
void check_points_of_others(const std::string& directory, const std::vector<std::string>& request) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{directory, error}) {
    auto asked = results::asked_for(entry.path().string());
    if (!asked) {
      continue;
    }
    const std::size_t before = asked->request.size();
    std::erase_if(asked->request,
                  [](const std::string& line) { return line.starts_with("point "); });
    if (asked->request.size() != before && asked->request != request) {
      refuse_other_sweep(directory, asked->request);
    }
  }
}

void check_sweep_json(const std::string& directory, const std::vector<std::string>& request) {
  const Json json = Json::parse(read_input(directory + "/sweep.json"), nullptr, false);
  if (!json.is_object() || json.value("schema", Json{}) != "turnpike-sweep-results/1") {
    refuse(directory, "holds a sweep.json that no sweep wrote");
  }
  const Json asked = json.value("request", Json(request));  // older versions did not say
  if (asked != Json(request)) {
    refuse_other_sweep(directory, asked.is_array() ? asked.get<std::vector<std::string>>()
                                                   : std::vector<std::string>{});
  }
}

}  // namespace

std::vector<std::string> request_of(const SweepFile& sweep, const SweepOptions& options) {
  std::vector<std::string> out = {"accelerator " + place_of(sweep.accelerator),
                                  "network " + place_of(sweep.network)};
  if (!sweep.weights.empty()) {
    out.push_back("weights " + place_of(sweep.weights));
  }
  if (sweep.data) {
    out.push_back("data " + place_of(sweep.data->file));
  }
  if (options.profile) {
    out.push_back("profile " + place_of(*options.profile));
  }
  for (const std::string& setting : options.settings) {
    out.push_back("set " + setting);
  }
  return out;
}

SweepDirectory::SweepDirectory(std::string directory, DirectoryLock lock)
    : directory_{std::move(directory)}, lock_{std::move(lock)} {}

SweepDirectory SweepDirectory::open(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    throw FileError{{directory, 0, 0}, "cannot be made: " + error.message()};
  }
  auto lock = DirectoryLock::try_take(directory);
  if (!lock) {
    throw InputError{{directory, 0, 0},
                     "another turnpike is sweeping into this directory; wait for it, or give "
                     "another directory with -o"};
  }
  remove_temporaries(directory);
  return {directory, std::move(*lock)};
}

void SweepDirectory::check_replaceable(const std::vector<std::string>& request,
                                       const std::vector<Point>& points) const {
  std::error_code ignored;
  if (fs::exists(directory_ + "/sweep.json", ignored)) {
    check_sweep_json(directory_, request);
  } else {
    check_points_of_others(directory_, request);
  }
  const std::string table = directory_ + "/sweep.csv";
  if (fs::is_regular_file(table, ignored)) {
    const std::string text = read_input(table);
    if (!text.empty() && !text.starts_with("id,profile,status")) {
      refuse(directory_, "holds a sweep.csv that no sweep wrote");
    }
  }
  for (const Point& point : points) {
    const auto asked = results::asked_for(point.directory);
    if (asked && (asked->request.empty() || asked->request == point.request)) {
      continue;  // this point, or one of a version that did not say what was asked for
    }
    results::RunRecord record;
    record.request = point.request;
    results::check_replaceable(point.directory, record);
  }
}

std::string SweepDirectory::write(const std::vector<PointResult>& points,
                                  const std::vector<std::string>& request) const {
  std::string reason;
  const auto attempt = [&](const char* name, const std::string& text) {
    try {
      write_output(directory_ + name, text);
    } catch (const FileError& error) {
      reason = error.what();
    }
  };
  attempt("/sweep.json", sweep_json(points, request));
  attempt("/sweep.csv", sweep_csv(points));
  return reason;
}

}  // namespace turnpike::sweep
