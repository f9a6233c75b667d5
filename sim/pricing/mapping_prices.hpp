#pragma once

#include <memory>
#include <string>

#include "dataflow/action_prices.hpp"
#include "sim/config/accelerator_config.hpp"

namespace turnpike::pricing {

/// What mappings are chosen by: the prices of the configuration's own cost model, or with the
/// `cost:` of the profile `mapper.prices` names; technology and widths are always its own. Those of
/// the machine without highway, so that a highway changes no price. InputError for an unknown
/// profile.
[[nodiscard]] std::unique_ptr<dataflow::ActionPrices> mapping_prices(
    const config::AcceleratorConfig& config, const std::string& config_root);

}  // namespace turnpike::pricing
