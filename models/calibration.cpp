#include <algorithm>
#include <cmath>
#include <mutex>

#include <fmt/format.h>

#include "models/float_engine.hpp"
#include "models/parallel.hpp"
#include "models/quantize.hpp"

namespace turnpike::models {
namespace {

/// Values of the largest tensor of one pass, half a level-2 cache in doubles.
constexpr std::int64_t kValuesAtOnce = std::int64_t{1} << 16;

/// The inputs of one pass.
struct Passes {
  const Network& network;
  const std::vector<float>& inputs;
  std::int64_t at_once = 1;

  [[nodiscard]] std::int64_t values() const { return element_count(network.input_shape()); }
  [[nodiscard]] std::int64_t total() const {
    return static_cast<std::int64_t>(inputs.size()) / values();
  }
  [[nodiscard]] std::int64_t count() const { return (total() + at_once - 1) / at_once; }

  void run(std::int64_t pass, const std::function<void(const FloatValue&)>& visit) const {
    const std::int64_t first = pass * at_once;
    const std::int64_t last = std::min(total(), first + at_once);
    const std::vector<float> some{inputs.begin() + first * values(),
                                  inputs.begin() + last * values()};
    const FloatVisitor visitor{visit};
    forward(network, {some, last - first}, visitor);
  }
};

void check_finite(const Network& network, const FloatValue& value) {
  if (!std::all_of(value.values.begin(), value.values.end(),
                   [](float each) { return std::isfinite(each); })) {
    throw InputError{{.file = network.name()},
                     fmt::format("the values of '{}' are beyond float32: they grow from layer to "
                                 "layer; give weights that keep them small",
                                 value.name)};
  }
}

}  // namespace

const ValueHistogram& Calibration::of(const std::string& value) const {
  const auto found = values.find(value);
  ensure(found != values.end(), fmt::format("value '{}' was calibrated", value));
  return found->second;
}

std::int64_t inputs_at_once(const Network& network) {
  std::int64_t largest = element_count(network.input_shape());
  for (const Layer& layer : network.layers()) {
    largest = std::max(largest, element_count(layer.output_shape));
  }
  return network.is_recurrent() ? 1 : std::clamp<std::int64_t>(kValuesAtOnce / largest, 1, 64);
}

Calibration calibrate(const Network& network) {
  Calibration calibration;
  forward(network, [&](const FloatValue& value) {
    check_finite(network, value);
    calibration.values.emplace(value.name, ValueHistogram{value.values});
  });
  return calibration;
}

Calibration calibrate(const Network& network, const std::vector<float>& inputs, int threads) {
  const Passes passes{network, inputs, inputs_at_once(network)};
  ensure(passes.total() > 0, "there is something to calibrate on");
  std::map<std::string, ValueRange> ranges;
  std::mutex adding;
  parallel_for(passes.count(), threads, [&](std::int64_t pass) {
    passes.run(pass, [&](const FloatValue& value) {
      check_finite(network, value);
      ValueRange range;
      range.add(value.values);
      const std::scoped_lock lock{adding};
      ValueRange& all = ranges[value.name];
      all = {std::min(all.low, range.low), std::max(all.high, range.high)};
    });
  });
  Calibration calibration;
  for (const auto& [name, range] : ranges) {
    calibration.values.emplace(name, ValueHistogram{range});
  }
  parallel_for(passes.count(), threads, [&](std::int64_t pass) {
    passes.run(pass, [&](const FloatValue& value) {
      ValueHistogram histogram{ranges.at(value.name)};
      histogram.add(value.values);
      const std::scoped_lock lock{adding};
      calibration.values.at(value.name).add(histogram);
    });
  });
  return calibration;
}

}  // namespace turnpike::models
