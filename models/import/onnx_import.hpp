#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/import/network_builder.hpp"
#include "models/import/onnx_fold.hpp"

/// From an ONNX model to a network: each node is a constant, a layer, a step of the layer before
/// it, or another view of a value.
namespace turnpike::models::onnx {

/// What a name of the model stands for.
struct Value {
  TensorShape shape;                 ///< as ONNX sees it, with the batch
  std::optional<Constant> constant;  ///< else a value of the network
  std::string at;                    ///< its name there
  bool shared = false;               ///< somebody else reads it, too
  bool codes = false;  ///< integer codes of `grid`, behind QuantizeLinear; else real values
  std::optional<StatedGrid> grid;  ///< what it lies on: codes, and constants that were quantized
  std::size_t grid_axis = 0;       ///< constants with a scale per index of an axis
  std::string origin;              ///< constants: the initializer they come from
  std::optional<traces::Padding> pad = std::nullopt;  ///< zeros around it, which its reader adds
};

/// `at` of the model's inputs beyond the first.
inline constexpr const char* kOtherInput = "another input";

class OnnxImport;
using Handler = void (*)(OnnxImport&, const Node&);

struct OnnxOperator {
  std::string_view domain;
  std::string_view name;
  int first = 1;  ///< versions of the domain's operator set
  int last = 1;
  Handler handle = nullptr;  ///< null: only computed on constants
};

class OnnxImport {
 public:
  OnnxImport(Model model, const ImportOptions& options);

  [[nodiscard]] ImportedNetwork run() &&;

  // For the handlers.
  [[nodiscard]] NetworkBuilder& builder() { return builder_; }
  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] std::int64_t batch() const { return batch_; }
  [[nodiscard]] std::int64_t opset(const Node& node) const;
  [[nodiscard]] Attributes attributes(const Node& node) const { return {node, model_.path}; }
  [[noreturn]] void fail(const Node& node, std::string_view what) const;

  [[nodiscard]] const Value& input(const Node& node, std::size_t i = 0) const;
  /// The input as a constant; FileError saying that `what` must be one.
  [[nodiscard]] const Constant& constant(const Node& node, std::size_t i,
                                         std::string_view what) const;
  /// All elements of a constant input as numbers; empty if it is left out.
  [[nodiscard]] std::vector<double> numbers(const Node& node, std::size_t i,
                                            std::string_view what) const;
  [[nodiscard]] double number(const Node& node, std::size_t i, double absent,
                              std::string_view what) const;

  /// The network value of an image [C, rows, columns], of a flat input, or of a sequence; FileError
  /// if the value has other extents. The first call fixes the extents of the network's input.
  [[nodiscard]] std::string image(const Node& node, const Value& value);
  [[nodiscard]] std::string vector(const Node& node, const Value& value);
  [[nodiscard]] std::string sequence(const Node& node, const Value& value);
  /// Whichever of these fits.
  [[nodiscard]] std::string any(const Node& node, const Value& value);
  [[nodiscard]] bool is_sequence_model() const { return recurrent_; }

  /// Adds a layer for a node, named after `origin` (an initializer) or the node.
  std::string add(Layer layer, const Node& node, const std::string& origin = "");
  /// The layer that makes a value, if steps can still be appended to it: nobody else reads it.
  [[nodiscard]] Layer* open_layer(const Value& value);
  /// As open_layer, or a new affine layer behind the value; its name.
  std::string step_layer(const Node& node, const Value& value, bool needs_linear);

  /// Says what a node's output is.
  void define(const Node& node, Value value, std::size_t output = 0);
  /// The same value under another shape.
  void define_view(const Node& node, const Value& of, TensorShape shape);
  void define_layer(const Node& node, const std::string& layer, TensorShape shape);
  /// True if nothing but the model's outputs reads what the node makes.
  [[nodiscard]] bool is_last(const Node& node) const;
  [[nodiscard]] int readers(const std::string& value) const;

  /// Values along the channels of `shape`, 1 or all of them; nullopt if the constant varies along
  /// another axis.
  [[nodiscard]] std::optional<std::vector<double>> per_channel(const TensorShape& shape,
                                                               const Constant& constant) const;
  [[nodiscard]] std::size_t channel_axis(const TensorShape& shape) const;

  /// Rows of an embedding that stand before the network.
  void set_embedding(std::vector<float> rows, std::int64_t width);

 private:
  void read_inputs();
  void take(const Node& node);
  bool fold(const Node& node);
  void warn_of_unread_inputs();

  Model model_;
  ImportOptions options_;
  NetworkBuilder builder_;
  std::map<std::string, Value> values_;
  std::map<std::string, int> readers_;
  std::set<std::string> outputs_;
  std::int64_t batch_ = 1;
  bool recurrent_ = false;
  std::vector<float> embedding_;
  std::int64_t embedding_width_ = 0;
};

// The lists of models/import/onnx_ops_*.cpp.
[[nodiscard]] const std::vector<OnnxOperator>& product_operators();
[[nodiscard]] const std::vector<OnnxOperator>& elementwise_operators();
[[nodiscard]] const std::vector<OnnxOperator>& window_operators();
[[nodiscard]] const std::vector<OnnxOperator>& shape_operators();
[[nodiscard]] const std::vector<OnnxOperator>& recurrent_operators();
[[nodiscard]] const std::vector<OnnxOperator>& quantizer_operators();
[[nodiscard]] const std::vector<OnnxOperator>& qlinear_operators();
/// All of them, and those that are only computed on constants.
[[nodiscard]] const std::vector<OnnxOperator>& all_operators();

/// Quantizers of constants, for folding; nullopt if the node is none.
[[nodiscard]] std::optional<Value> quantized_constant(OnnxImport& import, const Node& node);

}  // namespace turnpike::models::onnx
