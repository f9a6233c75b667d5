#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "models/lowering.hpp"

namespace turnpike::models {

/// Makes the graph lowering.hpp describes, layer by layer: which tensors there are, and in which
/// widths a value is kept. What is particular to an operation its `lower` says (models/ops).
class GraphBuilder {
 public:
  GraphBuilder(const Network& network, const QuantizeOptions& options);

  [[nodiscard]] QuantizedGraph run();

  /// Of the codes an array layer reads.
  [[nodiscard]] int activation_bits(const Layer& layer) const;
  /// Range of the state of an lstm, if it is a learned one that is to be used.
  [[nodiscard]] std::optional<double> cell_clip(const Layer& layer) const;
  /// The operand of an `add` that comes over the skip edge: inputs[1], unless that one has no other
  /// reader and inputs[0] has, as when a file writes x + F(x).
  [[nodiscard]] const std::string& skip_of(const Layer& add) const;

  /// Declares a tensor of codes.
  void add_codes(const std::string& name, int bits, TensorPlan plan);
  /// Declares a tensor of real values that no value of the float pass stands behind: a parameter,
  /// or an argument of a gate.
  void add_float(const std::string& name);

  /// Adds a layer whose output is the value of `layer`, kept as its readers want it.
  void add_output(const Layer& layer, traces::LayerEntry entry);
  /// Adds a layer that stores its output itself, in `bits`; its readers get copies.
  void add_stored(const Layer& layer, traces::LayerEntry entry, int bits);

 private:
  /// How a value is kept.
  struct Kept {
    bool internal = false;  ///< float64 inside the post-processing unit
    std::set<int> widths;   ///< of the stored codes
  };

  void plan_value(const std::string& value);
  [[nodiscard]] bool is_sequence(const std::string& value) const;
  [[nodiscard]] Grid grid_of(const std::string& value) const;
  [[nodiscard]] std::string code_name(const std::string& value, int bits) const;
  /// The tensor a reader of `value` gets.
  [[nodiscard]] std::string tensor_for(const std::string& value, const Layer& reader) const;
  [[nodiscard]] std::string float_name(const std::string& value) const;
  /// How the range of `value` in `bits` bits is found: as the first layer wants it that reads these
  /// codes and has a clip or step of its own, else as the last of them.
  void set_range(TensorPlan& plan, const std::string& value, int bits) const;
  void add_codes_of(const std::string& value, int bits);
  void add_input_tensors();
  void add_layer(const Layer& layer);
  void add_operands(const Layer& layer, traces::LayerEntry& entry);
  void add_weights(const Layer& layer, traces::LayerEntry& entry);
  void add_post(const Layer& layer, traces::LayerEntry& entry);
  /// A quantize layer for every width in which `value` is wanted.
  void add_quantizers(const std::string& value, const std::string& from);

  const Network& network_;
  const QuantizeOptions& options_;
  QuantizedGraph graph_;
  std::map<std::string, Kept> kept_;
};

}  // namespace turnpike::models
