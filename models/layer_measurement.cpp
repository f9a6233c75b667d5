#include "models/layer_measurement.hpp"

#include <algorithm>
#include <utility>

#include "models/operands.hpp"

namespace turnpike::models {

void LayerMeasurement::add_input(const std::string& layer, const traces::TensorView& codes) {
  const double zero = codes.declared.is_float() ? 0.0 : codes.declared.zero_point;
  ZeroCount& count = inputs_[layer];
  count.values += codes.data.size();
  codes.data.visit([&](const auto& values) {
    count.zeros += std::count_if(values.begin(), values.end(),
                                 [&](auto code) { return static_cast<double>(code) == zero; });
  });
}

void LayerMeasurement::add_output(const std::string& layer, const std::vector<double>& values,
                                  const std::vector<float>& reference) {
  outputs_[layer].add(values, reference);
}

void LayerMeasurement::add(const LayerMeasurement& other) {
  for (const auto& [name, each] : other.outputs_) {
    outputs_[name].add(each);
  }
  for (const auto& [name, each] : other.inputs_) {
    inputs_[name].zeros += each.zeros;
    inputs_[name].values += each.values;
  }
}

std::vector<LayerResult> LayerMeasurement::results(const Network& network) const {
  std::vector<LayerResult> rows;
  for (const Layer& layer : network.layers()) {
    const auto output = outputs_.find(layer.name);
    if (output == outputs_.end()) {
      continue;
    }
    LayerResult row{.output = output->second.metrics(layer.name), .input_zeros = {}};
    if (const auto input = inputs_.find(layer.name);
        input != inputs_.end() && input->second.values > 0) {
      row.input_zeros =
          static_cast<double>(input->second.zeros) / static_cast<double>(input->second.values);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<double> run_measured(const traces::Program& program, Execution& execution,
                                 const FloatValues* reference, LayerMeasurement& layers) {
  std::vector<double> values;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const traces::LayerEntry& entry = program.layers[i];
    if (reference != nullptr && !entry.weights.empty()) {
      layers.add_input(entry.name, execution.operands(i).input());
    }
    execution.run_layer(i);
    const bool last = i + 1 == program.layers.size();
    const bool compared = reference != nullptr && reference->contains(entry.name);
    if (last || compared) {
      values =
          real_values({program.tensor(entry.output), execution.activations().at(entry.output)});
    }
    if (compared) {
      layers.add_output(entry.name, values, reference->at(entry.name));
    }
  }
  return values;
}

}  // namespace turnpike::models
