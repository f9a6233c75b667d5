#pragma once

#include <string>

#include "tools/options.hpp"

namespace turnpike::tools {

/// The trace to write.
struct TraceOutput {
  std::string path;
  bool force = false;  ///< a file of another kind may be replaced
};
/// -o and --force.
void add_trace_output(CLI::App& command, TraceOutput& output);
/// --force alone, for a command whose output is a word of its own.
void add_force(CLI::App& command, TraceOutput& output);

/// Quantizes a network, fills in the reference outputs and writes the trace: `model quantize` and
/// `trace export`. Prints one line (file, layers, digest); returns the exit code.
[[nodiscard]] int write_quantized(const std::string& model, const QuantizeSettings& settings,
                                  const TraceOutput& output, const CommonOptions& common);

}  // namespace turnpike::tools
