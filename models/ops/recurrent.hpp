#pragma once

#include "models/convolution.hpp"
#include "models/ops/operation.hpp"

/// What lstm and gru share: two matrix-vector products a time step, then element-wise gates.
/// c_prev and h_before start at 0 and are the stored values of the step before: integer tensors
/// among gates, candidate, cell, its tanh and the output are quantized when stored, and whatever is
/// computed from them afterwards sees the stored value; only the tanh of c may be stated to see c
/// before it is stored.
namespace turnpike::models {

// Network files, shapes and lowering.
inline constexpr LayerKey kHidden{
    .key = "hidden", .type = "integer", .absent = kRequired, .meaning = "cells"};
inline constexpr LayerKey kSteps{
    .key = "steps", .type = "integer", .absent = "1", .meaning = "time steps"};
void read_recurrent(LayerReader& keys, Layer& layer, const LayerKey& gate_order);
[[nodiscard]] std::string infer_recurrent(Layer& layer, const TensorShape& input,
                                          std::int64_t batch, const LayerKey& gate_order);
[[nodiscard]] std::vector<TensorShape> recurrent_weight_shapes(const Layer& layer);
/// Where a layer's file may say that its values are quantized (RecurrentPlaces).
inline constexpr LayerKey kCandidate{
    .key = "candidate",
    .type = "choice",
    .form = "gates, own",
    .absent = "gates",
    .meaning = "grid of g (n of gru): the gates', with a sign, or k bits over [-1, 1] of its own"};
/// `has_cell`: the layer keeps a state c of its own beside h.
void lower_recurrent(GraphBuilder& graph, const Layer& layer, traces::LayerEntry entry,
                     bool has_cell);

/// Wx x and Wh h of one step of a float layer, by gate and cell.
struct FloatGates {
  const Layer& layer;
  const std::vector<double>& from_input;  ///< Wx x
  const std::vector<double>& from_state;  ///< Wh h

  [[nodiscard]] std::size_t at(char gate, std::size_t cell) const;
  [[nodiscard]] double bias(std::size_t at) const;
  [[nodiscard]] double recurrent_bias(std::size_t at) const;
  /// Both products and the biases.
  [[nodiscard]] double sum(char gate, std::size_t cell) const;
};
/// Changes c and h of one cell by one step.
using FloatCell = void (*)(const FloatGates& gates, std::size_t cell, double& c, float& h);
[[nodiscard]] FloatResult float_recurrent(const FloatOperands& operands, FloatCell cell);

/// A tensor of a quantized layer that is written row by row; without a name it is kept as it is.
class Rows {
 public:
  Rows(const LayerOperands& layer, const std::string& name, std::int64_t width);

  /// Stores one row; gives back what a reader of the stored row sees.
  std::vector<double> add(const std::vector<double>& row);
  /// The values as a reader would see them after storing.
  [[nodiscard]] std::vector<double> seen(const std::vector<double>& row) const;
  /// [steps][width] under its name, if it has one.
  void put(std::int64_t steps, LayerOutputs& outputs) const;

 private:
  std::string name_;
  std::optional<Target> target_;
  std::int64_t width_;
  std::vector<double> values_;
};

/// State and tensors of a quantized layer, for the step functions of lstm and gru.
class RecurrentRun {
 public:
  explicit RecurrentRun(const LayerOperands& layer);

  /// First column of a gate in [gates * H], by its letter.
  [[nodiscard]] std::size_t column(char gate) const;
  /// Stores the gates of a step, [gates * H], the candidate among them or apart; gives back what
  /// their readers see.
  std::vector<double> add_gates(const std::vector<double>& row);
  /// What readers of the stored gates see; the candidate, if it is apart, as it is.
  [[nodiscard]] std::vector<double> seen_gates(const std::vector<double>& row) const;

  const traces::Recurrent& spec;
  std::size_t hidden;
  std::int64_t width;  ///< gates * hidden
  Rows preact;
  Rows gates;      ///< all, or without those of the candidate
  Rows candidate;  ///< g, or n of gru, if it is kept apart
  Rows cell;
  Rows cell_tanh;
  Rows output;
  std::vector<double> bias;            ///< [gates * H]
  std::vector<double> recurrent_bias;  ///< [gates * H], of gru
  std::vector<double> c;               ///< [H], as stored in the step before
  std::vector<double> h;

 private:
  /// Columns of the candidate, if it is kept apart; none else.
  [[nodiscard]] std::pair<std::ptrdiff_t, std::ptrdiff_t> apart() const;
};
/// Takes Wx x and Wh h_prev of one step; gives back h before it is stored.
using QuantizedStep = std::vector<double> (*)(RecurrentRun& run, const std::vector<double>& a,
                                              const std::vector<double>& b);
/// All steps. If h_prev, the second input, has no elements it is made on the way, and is among the
/// outputs: the first step's is the code of 0, each later one the code of the stored h before it.
[[nodiscard]] LayerOutputs quantized_recurrent(const LayerOperands& operands, QuantizedStep step);

}  // namespace turnpike::models
