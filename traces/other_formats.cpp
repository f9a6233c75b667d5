#include "traces/other_formats.hpp"

#include <filesystem>
#include <set>

#include <fmt/format.h>

namespace turnpike::traces {

std::string way_in(const std::string& path) {
  static const std::set<std::string> models = {".onnx", ".tflite", ".pt",   ".pth",        ".pb",
                                               ".h5",   ".keras",  ".mlir", ".safetensors"};
  const std::string kind = std::filesystem::path{path}.extension().string();
  return models.contains(kind)
             ? fmt::format(
                   "a model of another framework ({}) runs as a trace, which NumPy can write: "
                   "traces/FORMAT.md has the format and examples; .onnx and .tflite files run as "
                   "they are (docs/importing.md); its shapes alone run as a "
                   "network .yaml (docs/configuration.md), its weights alone in a network of the "
                   "zoo (docs/weights.md)",
                   kind)
             : "";
}

}  // namespace turnpike::traces
