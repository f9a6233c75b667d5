#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/network.hpp"

/// A TensorFlow Lite file as plain data. Nothing of FlatBuffers is seen outside tflite_model.cpp.
namespace turnpike::models::tflite {

enum class Activation { none, relu, relu_n1_to_1, relu6 };

struct TensorInfo {
  std::string name;
  TensorShape shape;
  Tensor data;                     ///< empty: no constant
  std::string type;                ///< "float32", "int8", ...
  std::optional<StatedGrid> grid;  ///< with a scale per index of `axis`, if there are several
  std::size_t axis = 0;
};

struct Operator {
  std::string name;         ///< "CONV_2D", or "operator 77", "custom X"
  std::vector<int> inputs;  ///< indices of tensors; -1 for one that is left out
  std::vector<int> outputs;
  bool same_padding = false;
  std::array<int, 2> stride = {1, 1};  ///< rows, columns
  std::array<int, 2> dilation = {1, 1};
  std::array<int, 2> kernel = {0, 0};
  int axis = 0;
  bool keep_dimensions = false;
  Activation activation = Activation::none;
};

struct Model {
  std::string path;
  std::vector<TensorInfo> tensors;
  std::vector<Operator> operators;  ///< in an order of execution
  std::vector<int> inputs;
  std::vector<int> outputs;
};

/// FileError for what is no TensorFlow Lite model of schema version 3, is damaged, has more than
/// one graph, or tensors that do not fit their data.
[[nodiscard]] Model read_model(const std::string& path);
[[nodiscard]] Model parse_model(std::string_view bytes, const std::string& path);

}  // namespace turnpike::models::tflite
