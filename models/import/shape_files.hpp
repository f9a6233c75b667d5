#pragma once

#include <optional>
#include <string>

#include "models/import/import_model.hpp"
#include "sim/base/config_node.hpp"

/// Workload files of other simulators: shapes without numbers (docs/importing.md).
namespace turnpike::models::shapes {

enum class Format {
  scale_sim,   ///< topology .csv: convolutions or matrix products
  timeloop,    ///< `problem:` in YAML
  accelforge,  ///< `workload:` with einsums in YAML
  zigzag,      ///< a list of layers with `equation` and `loop_dims` in YAML
};

/// By the name of the file, and of a YAML file by its keys; nullopt for anything else.
[[nodiscard]] std::optional<Format> format_of(const std::string& path);

/// FileError with file, line and, in YAML, column.
[[nodiscard]] ImportedNetwork import(const std::string& path, Format format,
                                     const ImportOptions& options);

[[nodiscard]] ImportedNetwork import_scale_sim(const std::string& path,
                                               const ImportOptions& options);
[[nodiscard]] ImportedNetwork import_timeloop(const ConfigNode& file, const std::string& path,
                                              const ImportOptions& options);
[[nodiscard]] ImportedNetwork import_accelforge(const ConfigNode& file, const std::string& path,
                                                const ImportOptions& options);
[[nodiscard]] ImportedNetwork import_zigzag(const ConfigNode& file, const std::string& path,
                                            const ImportOptions& options);

}  // namespace turnpike::models::shapes
