#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/base/tensor.hpp"

/// Files of named tensors: .npz, .safetensors, and PyTorch's zip checkpoints, whose pickles are
/// read without executing anything.
namespace turnpike::models {

class WeightsArchive {
 public:
  WeightsArchive() = default;
  WeightsArchive(const WeightsArchive&) = delete;
  WeightsArchive& operator=(const WeightsArchive&) = delete;
  virtual ~WeightsArchive() = default;

  /// By the end of the name: .safetensors, .pt, .pth, .th, .ckpt and .bin are what they say,
  /// anything else an .npz. FileError for what is not there, damaged, or holds more than tensors.
  static std::unique_ptr<WeightsArchive> open(const std::string& path);

  [[nodiscard]] virtual const std::string& path() const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& names() const = 0;
  [[nodiscard]] virtual bool has(const std::string& name) const = 0;
  /// FileError, naming the tensor, if it is not there.
  [[nodiscard]] virtual TensorShape shape(const std::string& name) const = 0;
  [[nodiscard]] virtual Tensor tensor(const std::string& name) const = 0;
};

/// Makes a tensor of the bytes of one of numpy's, safetensors' or PyTorch's element types ("F32",
/// "F64", "F16", "BF16", "I8" ... "I64", "U8", "BOOL"), which must be as many as the shape asks
/// for. `where` names it in a FileError.
[[nodiscard]] Tensor tensor_of_bytes(const std::string& type, TensorShape shape,
                                     std::string_view bytes, const std::string& path,
                                     const std::string& where);
/// Bytes of an element; 0 for a type that is not read.
[[nodiscard]] std::size_t bytes_of_type(const std::string& type);

// models/weights/*.cpp
[[nodiscard]] std::unique_ptr<WeightsArchive> open_npz_weights(const std::string& path);
[[nodiscard]] std::unique_ptr<WeightsArchive> open_safetensors(const std::string& path);
[[nodiscard]] std::unique_ptr<WeightsArchive> open_torch_checkpoint(const std::string& path);

}  // namespace turnpike::models
