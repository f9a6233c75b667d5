#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/files.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/sweep/point_result.hpp"
#include "sim/sweep/sweep_file.hpp"

namespace turnpike::sweep {

/// A point of a sweep and what it is to be made from.
struct Point {
  PointSettings settings;
  std::string directory;
  config::AcceleratorConfig config;
  std::map<std::string, std::string> inputs;  ///< files its configuration was read from -> digests
  std::vector<std::string> request;           ///< what is asked for, by name
  /// Of the program, the configuration's values, and the places that relative names are looked for
  /// in. Files are not in it: their digests stand in run.json, as they were read.
  std::string identity;
  bool shares_trace = false;  ///< with other points that are to be run
};

/// Finished points on disk. A point is finished if its directory is whole, has this identity, and
/// each file it was made from still holds what it held. Each file is digested once.
class PointStore {
 public:
  /// The point's result, or nothing if it has to be run.
  [[nodiscard]] std::optional<PointResult> finished(const Point& point);

 private:
  FileDigests digests_;
};

/// A result without figures: why the point failed, as error.txt in its directory tells; else
/// missing.
[[nodiscard]] PointResult unfinished(const Point& point);

/// Writes error.txt. One that cannot be written is no further error: the sweep tells it, too.
void write_failure(const Point& point, const std::string& message);

/// Removes error.txt.
void clear_failure(const Point& point);

/// Removes error.txt and what killed writers left.
void clear_leftovers(const Point& point);

/// What a path is, whatever way and folder it is spelled from: canonical; a bare name as it is.
[[nodiscard]] std::string place_of(const std::string& name);

/// Point::identity.
[[nodiscard]] std::string identity_of(const std::string& version,
                                      const config::AcceleratorConfig& config,
                                      const std::vector<std::string>& places);

}  // namespace turnpike::sweep
