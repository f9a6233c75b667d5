#pragma once

#include <string>
#include <vector>

#include "sim/config/sources.hpp"

namespace turnpike::test {

inline const std::string kConfigs = std::string{TURNPIKE_SOURCE_DIR} + "/configs";

/// The shipped machine with settings, as `--set` gives them.
inline config::AcceleratorConfig shipped_machine(const std::vector<std::string>& settings) {
  config::ConfigSources sources;
  sources.accelerator_file = kConfigs + "/accelerators/precision-highway.yaml";
  sources.config_root = kConfigs;
  sources.settings = settings;
  return config::load_accelerator(sources);
}

}  // namespace turnpike::test
