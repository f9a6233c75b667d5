#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/base/tensor.hpp"

/// An ONNX file as plain data: nodes in an order in which each is computed from what is there.
/// Nothing of protobuf is seen outside onnx_model.cpp and onnx_tensor.cpp.
namespace turnpike::models::onnx {

/// A constant. Element types Tensor does not have are kept in the next larger one: float16 and
/// bfloat16 as float, bool as uint8, (u)int4 as (u)int8.
struct Constant {
  Tensor data;
  int bits = 0;  ///< of its integer type where `data` is wider: 4; else 0
};

using Attribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>,
                               std::vector<double>, Constant>;

struct Node {
  std::string name;  ///< the file's, or one made of operator and position
  std::string op;
  std::string domain;               ///< "" for ONNX itself
  std::vector<std::string> inputs;  ///< "" for one that is left out
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;

  [[nodiscard]] bool has_input(std::size_t i) const {
    return i < inputs.size() && !inputs[i].empty();
  }
};

struct ValueInfo {
  std::string name;
  std::vector<std::optional<std::int64_t>> shape;  ///< nullopt: a name instead of a number
  bool floating = true;
};

struct Model {
  std::string path;
  std::string name;                            ///< of the graph
  std::map<std::string, std::int64_t> opsets;  ///< by domain
  std::vector<Node> nodes;
  std::map<std::string, Constant> constants;  ///< initializers
  std::vector<ValueInfo> inputs;              ///< without those that have an initializer
  std::vector<std::string> outputs;
};

/// Most bytes of a model and of a file of external data: protobuf's own limit.
inline constexpr std::size_t kMostModelBytes = (std::size_t{1} << 31U) - 1;

/// FileError, naming node or tensor, for what is no ONNX model, is cut off, has a cycle, a value
/// that nobody or more than one node makes, a tensor whose data do not fit its shape, or lacks a
/// file of external data.
[[nodiscard]] Model read_model(const std::string& path);
[[nodiscard]] Model parse_model(std::string_view bytes, const std::string& path);

/// A TensorProto of a file of its own, as the ONNX conformance tests have them.
[[nodiscard]] Constant parse_tensor(std::string_view bytes, const std::string& path);

}  // namespace turnpike::models::onnx
