#pragma once

#include <map>
#include <string>
#include <vector>

#include "traces/trace.hpp"

/// What a quantized layer reads and writes, wherever its tensors are kept.
namespace turnpike::models {

/// How a tensor is stored that a layer writes.
struct Target {
  const traces::TensorDeclaration& declared;
  TensorShape shape = {};  ///< as somebody has stated it before; empty: as it comes out
  bool single = false;     ///< kind float: in float32, else float64
};

/// Where the tensors are.
class TensorSource {
 public:
  TensorSource() = default;
  TensorSource(const TensorSource&) = delete;
  TensorSource& operator=(const TensorSource&) = delete;
  virtual ~TensorSource() = default;
  /// True if the tensor has elements to read.
  [[nodiscard]] virtual bool has(const std::string& tensor) const = 0;
  [[nodiscard]] virtual traces::TensorView view(const std::string& tensor) const = 0;
  [[nodiscard]] virtual Target target(const std::string& tensor) const = 0;
};

/// One layer and its tensors. InternalError for one that is not there.
class LayerOperands {
 public:
  LayerOperands(const traces::LayerEntry& layer, const TensorSource& tensors)
      : layer_{layer}, tensors_{tensors} {}

  [[nodiscard]] const traces::LayerEntry& entry() const { return layer_; }
  [[nodiscard]] traces::TensorView input(std::size_t index = 0) const;
  [[nodiscard]] bool has_input(std::size_t index) const;
  [[nodiscard]] traces::TensorView weights(std::size_t index = 0) const;
  [[nodiscard]] traces::TensorView view(const std::string& tensor) const {
    return tensors_.view(tensor);
  }
  [[nodiscard]] Target target(const std::string& tensor) const { return tensors_.target(tensor); }

 private:
  const traces::LayerEntry& layer_;
  const TensorSource& tensors_;
};

/// What a layer writes, by tensor name.
using LayerOutputs = std::map<std::string, Tensor>;

/// Values of a layer before its post steps.
struct RealValues {
  std::vector<double> values;
  TensorShape shape;
};

/// The end of every layer without recurrent state: its post steps, and its output as stored.
[[nodiscard]] LayerOutputs finished(const LayerOperands& layer, RealValues values);

}  // namespace turnpike::models
