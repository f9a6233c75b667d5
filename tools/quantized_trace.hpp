#pragma once

#include <string>

#include "tools/options.hpp"

namespace turnpike::tools {

/// Quantizes a network, fills in the reference outputs and writes the trace: `model quantize` and
/// `trace export`. Prints one line (file, layers, digest); returns the exit code.
[[nodiscard]] int write_quantized(const std::string& model, const QuantizeSettings& settings,
                                  const std::string& output, const CommonOptions& common);

}  // namespace turnpike::tools
