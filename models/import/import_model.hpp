#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/network.hpp"

/// Networks of other frameworks, ONNX and TensorFlow Lite, and workload files of other simulators
/// (docs/importing.md).
namespace turnpike::models {

struct ImportedNetwork {
  Network network;
  std::vector<std::string> notes;  ///< what was left out or assumed, a sentence each
};

struct ImportOptions {
  std::optional<std::int64_t> batch = {};  ///< instead of the file's, 1 if that is open
  std::uint64_t seed = 1;                  ///< of what is synthetic
  std::optional<double> ifmap_zeros =
      {};  ///< shapes: zeros of what a layer reads, if nobody writes it
};

/// True for what import_network takes: .onnx, .tflite, SCALE-Sim's .csv, and YAML files with the
/// keys of Timeloop, AccelForge or ZigZag. Looks into YAML files; ask before is_network().
[[nodiscard]] bool is_importable(const std::string& path);

/// The network of a file, with its weights. FileError (exit code 3), naming file and node, for a
/// file that is damaged, and for operators, versions and attributes that are not supported.
/// If the file quantizes (Network::is_stated), stated_trace() of stated_lowering.hpp runs it.
[[nodiscard]] ImportedNetwork import_network(const std::string& path,
                                             const ImportOptions& options = {});

/// An operator that is read.
struct ImportedOperator {
  std::string domain;  ///< "ai.onnx", "tflite", ...
  std::string name;
  int first = 1;  ///< versions of the operator set, or of the operator
  int last = 1;
};
[[nodiscard]] std::vector<ImportedOperator> imported_operators();

}  // namespace turnpike::models
