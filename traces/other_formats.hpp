#pragma once

#include <string>

namespace turnpike::traces {

/// How a model file of another framework (.onnx, .tflite, .pt, ...) comes in: a sentence that says
/// what runs instead and where that is described. Empty for any other name.
[[nodiscard]] std::string way_in(const std::string& path);

}  // namespace turnpike::traces
