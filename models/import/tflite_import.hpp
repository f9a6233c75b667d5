#pragma once

#include "models/import/import_model.hpp"
#include "models/import/tflite_model.hpp"

namespace turnpike::models::tflite {

/// The network of a model; maps are turned from [rows][columns][channels] to the order of the rest.
[[nodiscard]] ImportedNetwork import(const Model& model, const ImportOptions& options);

/// Names of the operators that are read.
[[nodiscard]] std::vector<std::string> operators();

}  // namespace turnpike::models::tflite
