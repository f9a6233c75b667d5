#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/sweep/point_result.hpp"

namespace turnpike::sweep {

/// The same points without a highway: what the highway's cost is the difference to.
class Twins {
 public:
  /// Of these points, which must outlive it.
  explicit Twins(const std::vector<PointResult>& points);

  /// The finished point that differs from `with`, which asks for a highway, in nothing but
  /// highway.*, and has none; null if there is no such point.
  [[nodiscard]] const PointResult* of(const PointResult& with) const;

 private:
  std::map<std::string, const PointResult*> without_;  ///< by the settings besides highway.*
};

/// Whether a point sets highway.enabled to true.
[[nodiscard]] bool asks_for_highway(const PointResult& point);

}  // namespace turnpike::sweep
