#pragma once

#include <string>
#include <vector>

#include "sim/base/directory_lock.hpp"
#include "sim/sweep/point_store.hpp"
#include "sim/sweep/sweep_runner.hpp"

namespace turnpike::sweep {

/// What a sweep asks for, by name, as its directory keeps it: accelerator, network, weights,
/// profile and settings, not the points.
[[nodiscard]] std::vector<std::string> request_of(const SweepFile& sweep,
                                                  const SweepOptions& options);

/// The directory of a sweep, held against other sweeps while it runs.
class SweepDirectory {
 public:
  /// Makes the directory if need be. InputError if another process sweeps into it, FileError if it
  /// cannot be written to.
  [[nodiscard]] static SweepDirectory open(const std::string& directory);

  /// InputError if it holds another sweep, or files of a sweep's names that no sweep wrote; or if
  /// one of these points would replace another run.
  void check_replaceable(const std::vector<std::string>& request,
                         const std::vector<Point>& points) const;

  /// Writes sweep.csv and sweep.json; returns why, if that failed.
  [[nodiscard]] std::string write(const std::vector<PointResult>& points,
                                  const std::vector<std::string>& request) const;

 private:
  SweepDirectory(std::string directory, DirectoryLock lock);

  std::string directory_;
  DirectoryLock lock_;
};

}  // namespace turnpike::sweep
