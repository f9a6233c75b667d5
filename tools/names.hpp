#pragma once

#include <string>
#include <vector>

/// Files of configs/ by their bare names: `precision-highway` for
/// configs/accelerators/precision-highway.yaml. A path to a file, and a file or folder of that very
/// name, comes first.
namespace turnpike::tools {

/// Bare names in <config_root>/<folder>, sorted.
[[nodiscard]] std::vector<std::string> names_in(const std::string& config_root,
                                                const std::string& folder);

/// The file `given` means. FileError with the nearest name for a word without '/' and '.yaml' that
/// names nothing; any other path comes back as it is.
[[nodiscard]] std::string accelerator_file(const std::string& given,
                                           const std::string& config_root);
[[nodiscard]] std::string sweep_file(const std::string& given, const std::string& config_root);
/// The same for a file of any kind: accelerators, sweeps, networks and profiles, in this order.
[[nodiscard]] std::string config_file(const std::string& given, const std::string& config_root);
/// The same for what --network takes: "zoo:NAME" and traces come back as they are.
[[nodiscard]] std::string network_source(const std::string& given, const std::string& config_root);

/// Everything --network takes by name: networks of the zoo, then files.
[[nodiscard]] std::vector<std::string> network_names(const std::string& config_root);

}  // namespace turnpike::tools
