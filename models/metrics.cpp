#include "models/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "models/float_engine.hpp"
#include "models/operands.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

LayerMetrics measure(const traces::TensorEntry& tensor, const FloatValue& reference) {
  const std::vector<double> values = real_values(tensor);
  LayerMetrics row;
  row.layer = reference.name;
  row.cosine_error = cosine_error(values, {reference.values.begin(), reference.values.end()});
  const auto zeros = std::count(values.begin(), values.end(), 0.0);
  row.zero_fraction = static_cast<double>(zeros) / static_cast<double>(values.size());
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  row.minimum = *low;
  row.maximum = *high;
  return row;
}

}  // namespace

double cosine_error(const std::vector<double>& a, const std::vector<double>& b) {
  ensure(a.size() == b.size(), "vectors of equal length have an angle");
  double dot = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  if (aa == 0.0 || bb == 0.0) {
    return aa == bb ? 0.0 : 1.0;
  }
  return std::max(0.0, 1.0 - dot / std::sqrt(aa * bb));
}

std::vector<LayerMetrics> compare_with_float(const Network& network, const traces::Trace& trace) {
  std::vector<LayerMetrics> rows;
  forward(network, [&](const FloatValue& value) {
    if (!network.has_layer(value.name)) {
      return;
    }
    for (const traces::LayerEntry& layer : trace.layers) {
      if (layer.name == value.name) {
        rows.push_back(measure(trace.tensor(layer.output), value));
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
