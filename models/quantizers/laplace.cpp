// The paper's: mid-rise levels that minimise the squared error on a Laplace distribution with the
// weights' mean magnitude (models/laplace_quantizer.hpp).

#include "models/laplace_quantizer.hpp"
#include "models/quantizers/weight_quantizer.hpp"

namespace turnpike::models {

extern const WeightQuantization kLaplaceWeights;
const WeightQuantization kLaplaceWeights{
    .name = WeightQuantizer::laplace, .midrise = true, .scale = weight_spacing, .code = floor_code};

}  // namespace turnpike::models
