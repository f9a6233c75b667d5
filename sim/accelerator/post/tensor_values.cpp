#include "sim/accelerator/post/tensor_values.hpp"

#include <cmath>
#include <string>

#include "traces/arithmetic.hpp"

namespace turnpike::accelerator::post {
namespace {

using traces::TensorEntry;
using traces::Trace;

/// Index along `axis` of a row-major element.
std::size_t along_axis(const TensorShape& shape, int axis, std::size_t index) {
  std::size_t inner = 1;
  for (std::size_t d = static_cast<std::size_t>(axis) + 1; d < shape.size(); ++d) {
    inner *= index_of(shape[d]);
  }
  return index / inner % index_of(shape[static_cast<std::size_t>(axis)]);
}

double scale_at(const TensorEntry& tensor, std::size_t index) {
  return tensor.axis ? tensor.scale[along_axis(tensor.data.shape(), *tensor.axis, index)]
                     : tensor.scale[0];
}

}  // namespace

std::vector<double> reals(const TensorEntry& tensor) {
  std::vector<double> values = tensor.data.converted<double>();
  if (!tensor.is_float()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = traces::dequantize(values[i], scale_at(tensor, i), tensor.zero_point);
    }
  }
  return values;
}

std::vector<double> stored_as(const TensorEntry& tensor, std::vector<double> values) {
  if (!tensor.is_float()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<double>(traces::quantize(
          values[i], scale_at(tensor, i), tensor.zero_point, tensor.min_code(), tensor.max_code()));
    }
  }
  return values;
}

void reach_thresholds(const TensorEntry& thresholds, std::size_t plane,
                      std::vector<double>& values) {
  const std::int64_t channels = thresholds.data.shape()[0];
  const std::int64_t steps = thresholds.data.shape()[1];
  const std::vector<double> borders = thresholds.data.converted<double>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t row = static_cast<std::int64_t>(i / plane) % channels * steps;
    double reached = 0.0;
    for (std::int64_t k = row; k < row + steps; ++k) {
      if (borders[index_of(k)] <= values[i]) {
        reached += 1.0;
      }
    }
    values[i] = reached;
  }
}

std::vector<double> scaled_psums(const Trace& trace, const std::string& input,
                                 const std::string& weight, const std::vector<double>& psums,
                                 const std::vector<double>& weight_sums, std::size_t plane) {
  const TensorEntry& x = trace.tensor(input);
  const TensorEntry& w = trace.tensor(weight);
  std::vector<double> out(psums.size());
  if (x.is_float() || w.is_float()) {
    return psums;
  }
  const bool fractional = std::nearbyint(x.zero_point) != x.zero_point;
  for (std::size_t i = 0; i < psums.size(); ++i) {
    const std::size_t filter = i / plane % weight_sums.size();
    double scale = x.scale[0] * (w.axis ? w.scale[filter] : w.scale[0]);
    if (w.kind == traces::TensorKind::midrise) {
      scale *= 0.5;
    }
    const double correction = fractional ? x.zero_point * weight_sums[filter] : 0.0;
    out[i] = (psums[i] - correction) * scale;
  }
  return out;
}

}  // namespace turnpike::accelerator::post
