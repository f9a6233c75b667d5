// A percentile of the calibration values' magnitudes, to the upper end of its bin.

#include "models/quantizers/activation_range.hpp"

namespace turnpike::models {
namespace {

constexpr double kShare = 0.999;

}  // namespace

double percentile_clip(const ValueHistogram& values) {
  const double beyond = (1.0 - kShare) * static_cast<double>(values.count());
  double seen = 0.0;
  for (std::size_t i = ValueHistogram::kBins; i > 0 && values.count() > 0; --i) {
    seen += static_cast<double>(values.bins()[0][i - 1] + values.bins()[1][i - 1]);
    if (seen > beyond) {
      return values.magnitude() * static_cast<double>(i) /
             static_cast<double>(ValueHistogram::kBins);
    }
  }
  return values.magnitude();
}

}  // namespace turnpike::models
