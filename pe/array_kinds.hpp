#pragma once

#include <memory>

#include "pe/array_model.hpp"
#include "sim/config/accelerator_config.hpp"

namespace turnpike::pe {

/// The array a configuration asks for (array.kind).
[[nodiscard]] std::unique_ptr<ArrayModel> make_array_model(const config::AcceleratorConfig& config);

}  // namespace turnpike::pe
