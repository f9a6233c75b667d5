#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/tensor.hpp"

namespace turnpike::models {

/// A tensor that a checkpoint's pickle describes: a view of a storage, whose elements lie in a
/// member of the archive.
struct PickledTensor {
  std::string storage;      ///< the member's name
  std::string type;         ///< "F32", ... (weights_archive.hpp)
  std::int64_t offset = 0;  ///< elements
  TensorShape shape;
  std::vector<std::int64_t> strides;
};

/// The tensors of a pickled state_dict, or of one inside a dictionary ("state_dict", "model", ...).
/// A pickle is a program for a stack machine that can call any Python function; this reader has the
/// machine's data only, and of functions the few that make tensors of storages. FileError for
/// everything else.
[[nodiscard]] std::map<std::string, PickledTensor> pickled_tensors(std::string_view bytes,
                                                                   const std::string& path);

}  // namespace turnpike::models
