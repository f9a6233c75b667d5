#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/sweep/claims.hpp"

namespace turnpike::sweep {

/// Bands of changes between the finished points of a sweep, of their stored counts: as
/// `sensitivity` of the sweep gives them.
class PointBands {
 public:
  /// Knows no point.
  PointBands() = default;
  /// The finished points of a sweep directory. FileError as read_sweep_directory().
  PointBands(const std::string& directory, const std::string& config_root);

  /// Of the change of energy or area in percent; empty for a point that is not known.
  [[nodiscard]] std::optional<cost::Band> energy(const PointSettings& from,
                                                 const PointSettings& to) const;
  [[nodiscard]] std::optional<cost::Band> area(const PointSettings& from,
                                               const PointSettings& to) const;

 private:
  struct Known {
    ClaimPoint point;
    cost::CostPolicy policy;
    cost::AreaRanges area_ranges{};
  };
  [[nodiscard]] const Known* find(const PointSettings& settings) const;

  std::map<std::string, Known> points_;  ///< by the settings' text
};

}  // namespace turnpike::sweep
