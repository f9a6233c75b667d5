#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/graph_builder.hpp"
#include "models/network.hpp"
#include "models/ops/layer_keys.hpp"
#include "models/ops/layer_operands.hpp"

/// What the number side knows of one operation. Each has a file of its own in models/ops that fills
/// in such a row; ops.cpp lists the rows, and readers, shape inference, both engines and lowering
/// walk the list.
namespace turnpike::models {

/// A layer of the float network with what it reads. Shapes have the batch in front, except for
/// sequences.
struct FloatOperands {
  struct Input {
    const std::vector<float>* values = nullptr;
    TensorShape shape;
  };
  const Layer& layer;
  std::int64_t batch = 1;
  std::vector<Input> inputs;
  TensorShape output_shape;

  [[nodiscard]] const std::vector<float>& values(std::size_t i = 0) const {
    return *inputs.at(i).values;
  }
};

struct FloatResult {
  std::vector<float> output;
  std::vector<float> state = {};  ///< lstm: c of every step
};

struct Operation {
  traces::Op op = traces::Op::conv;

  /// Keys of a layer in a network file beyond those every layer has, for `config schema`.
  std::span<const LayerKey> keys = {};
  /// Reads them; null: no layer of a network has this operation, only one of a trace.
  void (*read)(LayerReader& keys, Layer& layer) = nullptr;

  /// Sets layer.output_shape from its input shapes (without the batch), and defaults that depend on
  /// them. Returns what does not fit, or "".
  std::string (*infer_shape)(Layer& layer, const std::vector<TensorShape>& inputs,
                             std::int64_t batch) = nullptr;
  /// Extents of its weight tensors, from input shape and filters; null: it has none.
  std::vector<TensorShape> (*weight_shapes)(const Layer& layer) = nullptr;

  /// Parameters per output channel that a synthetic network gives it.
  bool has_scale = false;
  bool has_bias = false;

  /// The float result, before scale, bias and ReLU of the layer.
  FloatResult (*forward)(const FloatOperands& operands) = nullptr;
  /// The quantized result: every tensor the layer writes, by the arithmetic of traces/FORMAT.md.
  LayerOutputs (*execute)(const LayerOperands& operands) = nullptr;

  /// Adds the layer to a trace's graph. `entry` has name, operation, inputs, weights and the steps
  /// for the layer's scale, bias and ReLU.
  void (*lower)(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry) = lower_plain;

  /// Nothing more to say: its output as every layer's.
  static void lower_plain(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry);
};

}  // namespace turnpike::models
