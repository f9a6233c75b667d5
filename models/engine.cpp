#include "models/engine.hpp"

#include <utility>

#include "models/fixed_point.hpp"
#include "models/ops/ops.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::Trace;

/// A trace as it stands.
class TraceTensors : public TensorSource {
 public:
  explicit TraceTensors(const Trace& trace) : trace_{trace} {}

  [[nodiscard]] bool has(const std::string& tensor) const override {
    return trace_.has_tensor(tensor);
  }
  [[nodiscard]] traces::TensorView view(const std::string& tensor) const override {
    return trace_.tensor(tensor);
  }
  [[nodiscard]] Target target(const std::string& tensor) const override {
    const traces::TensorEntry& entry = trace_.tensor(tensor);
    return {.declared = entry,
            .shape = entry.data.empty() ? TensorShape{} : entry.data.shape(),
            .single = entry.data.holds<float>()};
  }

 private:
  const Trace& trace_;
};

LayerOutputs outputs_of(const LayerOperands& operands) {
  return operands.entry().requantize ? execute_fixed_point(operands)
                                     : operation(operands.entry().op).execute(operands);
}

}  // namespace

Execution::Execution(const traces::Program& program, const traces::Parameters& parameters,
                     traces::Activations inputs, Keep keep)
    : program_{program}, parameters_{parameters}, activations_{std::move(inputs)}, keep_{keep} {
  for (const LayerEntry& layer : program.layers) {
    for (const std::string& input : layer.inputs) {
      ++readers_[input];
    }
  }
}

bool Execution::has(const std::string& tensor) const {
  return activations_.has(tensor) || parameters_.has(tensor);
}

traces::TensorView Execution::view(const std::string& tensor) const {
  return {program_.tensor(tensor),
          activations_.has(tensor) ? activations_.at(tensor) : parameters_.at(tensor)};
}

Target Execution::target(const std::string& tensor) const {
  const traces::ProgramTensor& declared = program_.tensor(tensor);
  return {.declared = declared, .shape = declared.shape, .single = declared.single};
}

LayerOperands Execution::operands(std::size_t layer) const {
  return {program_.layers.at(layer), *this};
}

void Execution::run_layer(std::size_t layer) {
  const LayerEntry& entry = program_.layers.at(layer);
  for (auto& [name, data] : outputs_of(operands(layer))) {
    if (keep_ == Keep::all || readers_[name] > 0 || name == entry.output) {
      activations_.put(name, std::move(data));
    }
  }
  release(entry);
}

void Execution::release(const LayerEntry& layer) {
  for (const std::string& input : layer.inputs) {
    if (--readers_[input] == 0 && keep_ == Keep::outputs) {
      activations_.erase(input);
    }
  }
}

traces::Activations execute(const traces::Program& program, const traces::Parameters& parameters,
                            traces::Activations inputs, Keep keep) {
  Execution run{program, parameters, std::move(inputs), keep};
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    run.run_layer(i);
  }
  return std::move(run).take();
}

LayerOutputs compute_layer(const Trace& trace, std::size_t layer) {
  const LayerEntry& entry = trace.layers.at(layer);
  const TraceTensors tensors{trace};
  return outputs_of({entry, tensors});
}

}  // namespace turnpike::models
