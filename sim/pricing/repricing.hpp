#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"

namespace turnpike::pricing {

/// What a stored run is to be priced with instead.
struct PriceChanges {
  std::optional<std::string> profile;     ///< laid over the run's configuration
  std::optional<std::string> technology;  ///< a name, e.g. "45nm"
  std::vector<std::string> settings;      ///< key=value, laid over both
};

/// The configuration of a run with other prices; its mappings stay, and `mapper.prices` says for
/// which profile they were chosen. InputError naming the first key whose change would
/// need a new simulation (sim/cost/reprice.hpp), or an unknown profile or technology.
[[nodiscard]] config::AcceleratorConfig repriced_config(const config::AcceleratorConfig& run,
                                                        const PriceChanges& changes,
                                                        const std::string& config_root);

}  // namespace turnpike::pricing
