#include "models/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/float_engine.hpp"
#include "models/operands.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {

void AngleSums::add(const AngleSums& other) {
  dot += other.dot;
  aa += other.aa;
  bb += other.bb;
}

double AngleSums::cosine_error() const {
  if (aa == 0.0 || bb == 0.0) {
    return aa == bb ? 0.0 : 1.0;
  }
  return std::max(0.0, 1.0 - dot / std::sqrt(aa * bb));
}

AngleSums angle_sums(std::span<const double> a, std::span<const float> b) {
  ensure(a.size() == b.size(), "vectors of equal length have an angle");
  AngleSums sums;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto other = static_cast<double>(b[i]);
    sums.dot += a[i] * other;
    sums.aa += a[i] * a[i];
    sums.bb += other * other;
  }
  return sums;
}

void LayerSums::add(std::span<const double> values, std::span<const float> reference) {
  angle.add(angle_sums(values, reference));
  count += static_cast<std::int64_t>(values.size());
  zeros += std::count(values.begin(), values.end(), 0.0);
  for (const double value : values) {
    minimum = std::min(minimum, value);
    maximum = std::max(maximum, value);
  }
}

void LayerSums::add(const LayerSums& other) {
  angle.add(other.angle);
  count += other.count;
  zeros += other.zeros;
  minimum = std::min(minimum, other.minimum);
  maximum = std::max(maximum, other.maximum);
}

LayerMetrics LayerSums::metrics(std::string layer) const {
  return {
      .layer = std::move(layer),
      .cosine_error = angle.cosine_error(),
      .zero_fraction = count == 0 ? 0.0 : static_cast<double>(zeros) / static_cast<double>(count),
      .minimum = minimum,
      .maximum = maximum};
}

double cosine_error(const std::vector<double>& a, const std::vector<double>& b) {
  ensure(a.size() == b.size(), "vectors of equal length have an angle");
  AngleSums sums;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sums.add({a[i] * b[i], a[i] * a[i], b[i] * b[i]});
  }
  return sums.cosine_error();
}

std::vector<LayerMetrics> compare_with_float(const Network& network, const traces::Trace& trace) {
  std::vector<LayerMetrics> rows;
  forward(network, [&](const FloatValue& value) {
    if (!network.has_layer(value.name)) {
      return;
    }
    for (const traces::LayerEntry& layer : trace.layers) {
      if (layer.name == value.name) {
        LayerSums sums;
        sums.add(real_values(trace.tensor(layer.output)), value.values);
        rows.push_back(sums.metrics(value.name));
      }
    }
  });
  return rows;
}

std::vector<std::int64_t> top1(const Tensor& logits) {
  ensure(!logits.shape().empty() && logits.shape()[0] > 0 && logits.size() > 0,
         "logits are [N][classes]");
  const std::int64_t classes = logits.size() / logits.shape()[0];
  std::vector<std::int64_t> best;
  for (std::int64_t n = 0; n < logits.shape()[0]; ++n) {
    std::int64_t largest = 0;
    for (std::int64_t c = 1; c < classes; ++c) {
      if (logits.at(n * classes + c) > logits.at(n * classes + largest)) {
        largest = c;
      }
    }
    best.push_back(largest);
  }
  return best;
}

double top1_accuracy(const Tensor& logits, const std::vector<std::int64_t>& labels) {
  const std::vector<std::int64_t> found = top1(logits);
  ensure(found.size() == labels.size(), "every image has a label");
  std::int64_t right = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    right += found[i] == labels[i] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace turnpike::models
