#pragma once

#include <vector>

#include "models/network.hpp"

namespace turnpike::models {

struct RecurrentValues {
  std::vector<float> output;  ///< h, [steps][H]
  std::vector<float> cell;    ///< c, [steps][H]; empty for gru
};

/// The float lstm or gru, with the formulas of recurrent.hpp and nothing quantized.
[[nodiscard]] RecurrentValues float_recurrent(const Layer& layer, const std::vector<float>& input);

}  // namespace turnpike::models
