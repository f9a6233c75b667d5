#include "sim/accelerator/output_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::TensorEntry;

constexpr double kBeyondAll =
    std::numeric_limits<double>::max();  ///< the error of what is no number

/// "[0, 1, 2, 1]" of an element of a tensor.
std::string place_text(const TensorShape& shape, std::int64_t index) {
  TensorShape place(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    place[axis] = index % shape[axis];
    index /= shape[axis];
  }
  return to_string(place);
}

void compare_code(double expected, double value, std::int64_t index, int tolerance,
                  Comparison& result) {
  const double difference = std::fabs(expected - value);
  if (difference == 0.0) {
    return;
  }
  if (result.differing++ == 0) {
    result.first_index = index;
    result.expected = static_cast<std::int64_t>(expected);
    result.got = static_cast<std::int64_t>(value);
  }
  result.off_by_one += difference == 1.0 ? 1 : 0;
  result.within_tolerance += difference <= tolerance ? 1 : 0;
  result.largest = std::max(result.largest, static_cast<std::int64_t>(difference));
}

/// Calls use(expected, value, index) for each element.
template <class Use>
void for_each_pair(const TensorEntry& reference, const std::vector<double>& values,
                   const Use& use) {
  reference.data.visit([&](const auto& expected) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      use(static_cast<double>(expected[i]), values[i], static_cast<std::int64_t>(i));
    }
  });
}

}  // namespace

Comparison compare_output(const TensorEntry& reference, const std::vector<double>& values,
                          int tolerance) {
  Comparison result;
  ensure(static_cast<std::size_t>(reference.data.size()) == values.size(),
         "an output has the size of its reference");
  result.compared = values.size();
  result.integer = !reference.is_float();
  if (result.integer) {
    for_each_pair(reference, values, [&](double expected, double value, std::int64_t index) {
      compare_code(expected, value, index, tolerance, result);
    });
    return result;
  }
  double low = 0.0;
  double high = 0.0;
  double error = 0.0;
  for_each_pair(reference, values, [&](double expected, double value, std::int64_t) {
    low = std::min(low, expected);
    high = std::max(high, expected);
    const double difference = std::fabs(expected - value);
    error = std::isfinite(difference) ? std::max(error, difference) : kBeyondAll;
  });
  result.float_max_error = std::min(high > low ? error / (high - low) : error, kBeyondAll);
  return result;
}

void note_comparison(const LayerEntry& layer, const TensorEntry& reference, const Comparison& c,
                     Checks& checks) {
  checks.outputs_compared += c.compared;
  if (!c.integer) {
    checks.float_max_error = std::max(checks.float_max_error, c.float_max_error);
    return;
  }
  checks.ofmap_bit_exact = checks.ofmap_bit_exact.value_or(true) && c.differing == 0;
  checks.codes_compared += c.compared;
  if (c.differing == 0) {
    return;
  }
  checks.codes_differing += c.differing;
  checks.codes_off_by_one += c.off_by_one;
  checks.codes_within_tolerance += c.within_tolerance;
  checks.largest_code_difference = std::max(checks.largest_code_difference, c.largest);
  ++checks.tensors_differing;
  if (checks.first_difference.empty()) {
    checks.first_difference = fmt::format(
        "layer '{}', tensor '{}': {} of {} codes differ, the first at index {} {}: expected {}, "
        "got {}; {}",
        layer.name, reference.name, c.differing, c.compared, c.first_index,
        place_text(reference.data.shape(), c.first_index), c.expected, c.got,
        c.off_by_one == c.differing ? "all by one"
                                    : fmt::format("the largest difference is {}", c.largest));
  }
}

}  // namespace turnpike::accelerator
