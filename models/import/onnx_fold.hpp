#pragma once

#include <optional>
#include <vector>

#include "models/import/onnx_model.hpp"

/// Nodes whose inputs are all constants, computed when the file is read: what exporters leave of
/// shape arithmetic, and weights that are turned, scaled or put on a grid.
namespace turnpike::models::onnx {

/// Reads a node's attributes; FileError naming the node for one of another kind.
class Attributes {
 public:
  Attributes(const Node& node, const std::string& path) : node_{node}, path_{path} {}

  [[nodiscard]] bool has(const std::string& name) const { return node_.attributes.contains(name); }
  [[nodiscard]] std::int64_t integer(const std::string& name, std::int64_t absent) const;
  [[nodiscard]] double number(const std::string& name, double absent) const;
  [[nodiscard]] std::string text(const std::string& name, const std::string& absent) const;
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name) const;
  [[nodiscard]] const Constant* tensor(const std::string& name) const;
  [[noreturn]] void fail(std::string_view what) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const Node& node_;
  const std::string& path_;
};

/// Most elements of a constant that is computed.
inline constexpr std::int64_t kMostFolded = std::int64_t{1} << 28;

/// The node's first output, or nullopt if its operator is not computed here. Null for inputs that
/// are left out. `opset` of the node's domain. FileError if operands do not fit together.
[[nodiscard]] std::optional<Constant> folded(const Node& node, std::int64_t opset,
                                             const std::vector<const Constant*>& inputs,
                                             const std::string& path);

/// numpy's transpose.
[[nodiscard]] Constant transposed(const Constant& in, const std::vector<std::int64_t>& order);
/// -1 becomes the last of `rank` axes; nullopt outside.
[[nodiscard]] std::optional<std::size_t> axis_of(std::int64_t axis, std::size_t rank);
/// The shape Reshape asks for; nullopt if it does not fit.
[[nodiscard]] std::optional<TensorShape> reshaped(const TensorShape& from,
                                                  const std::vector<std::int64_t>& to,
                                                  bool allow_zero);
/// Shapes after Squeeze, Unsqueeze and Flatten; nullopt if the axes do not fit.
[[nodiscard]] std::optional<TensorShape> squeezed(const TensorShape& from,
                                                  const std::vector<std::int64_t>& axes);
[[nodiscard]] std::optional<TensorShape> unsqueezed(const TensorShape& from,
                                                    const std::vector<std::int64_t>& axes);
[[nodiscard]] std::optional<TensorShape> flattened(const TensorShape& from, std::int64_t axis);

}  // namespace turnpike::models::onnx
