#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/run/accuracy.hpp"
#include "sim/sweep/sweep_file.hpp"

namespace turnpike::sweep {

/// What everything but a point's configuration says of its accuracy: data set, calibration, weights
/// and network with the digests of their files.
[[nodiscard]] std::string accuracy_source(const SweepFile& sweep);

/// accuracy.json of a sweep's directory: figures by point, each with what it was made from, so that
/// a sweep that resumes measures only what changed.
class AccuracyStore {
 public:
  /// What is there; a file that is none of ours, or none, holds nothing.
  AccuracyStore(std::string directory, std::string source);

  /// The figure of a point, if it was made from this source and this configuration.
  [[nodiscard]] std::optional<AccuracyFigure> find(const std::string& id,
                                                   const std::string& identity) const;
  void put(const std::string& id, const std::string& identity, const AccuracyFigure& figure);
  void write() const;

 private:
  struct Entry {
    std::string identity;
    AccuracyFigure figure;
  };
  std::string path_;
  std::string source_;
  std::map<std::string, Entry> entries_;
};

}  // namespace turnpike::sweep
