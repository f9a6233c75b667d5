// The largest magnitude of the calibration values: nothing of them is clipped.

#include "models/quantizers/activation_range.hpp"

namespace turnpike::models {

double largest_clip(const ValueHistogram& values) {
  return values.magnitude();
}

}  // namespace turnpike::models
