#include "models/import/import_model.hpp"

#include "models/import/onnx_import.hpp"
#include "models/import/shape_files.hpp"
#include "models/import/tflite_import.hpp"

namespace turnpike::models {

bool is_importable(const std::string& path) {
  return path.ends_with(".onnx") || path.ends_with(".tflite") || shapes::format_of(path);
}

ImportedNetwork import_network(const std::string& path, const ImportOptions& options) {
  if (const auto format = shapes::format_of(path)) {
    return shapes::import(path, *format, options);
  }
  if (path.ends_with(".tflite")) {
    return tflite::import(tflite::read_model(path), options);
  }
  return onnx::OnnxImport{onnx::read_model(path), options}.run();
}

std::vector<ImportedOperator> imported_operators() {
  std::vector<ImportedOperator> list;
  for (const onnx::OnnxOperator& each : onnx::all_operators()) {
    list.push_back({each.domain.empty() ? "ai.onnx" : std::string{each.domain},
                    std::string{each.name}, each.first, each.last});
  }
  for (const std::string& name : tflite::operators()) {
    list.push_back({"tflite", name, 1, 1});
  }
  return list;
}

}  // namespace turnpike::models
