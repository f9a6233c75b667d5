#include "tools/quantized_trace.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "models/quantize.hpp"
#include "models/stated_lowering.hpp"
#include "tools/output.hpp"
#include "tools/replaceable.hpp"
#include "traces/trace_file.hpp"
#include "traces/trace_summary.hpp"

namespace turnpike::tools {

void add_force(CLI::App& command, TraceOutput& output) {
  command.add_flag("--force", output.force, "replace a file that is no trace");
}

void add_trace_output(CLI::App& command, TraceOutput& output) {
  command.add_option("-o,--output", output.path, "trace: .npz, or a new directory")->required();
  add_force(command, output);
}

int write_quantized(const std::string& model, const QuantizeSettings& settings,
                    const TraceOutput& output, const CommonOptions& common) {
  if (!output.force) {
    check_trace_output(output.path);
  }
  const models::QuantizeOptions options = quantize_options(settings);
  models::ImportOptions import;
  import.ifmap_zeros = settings.ifmap_zeros;
  const models::Network network = open_model(model, common, settings.weights, import);
  if (network.is_stated() && !(options == models::QuantizeOptions{})) {
    throw InputError{{model, 0, 0},
                     "brings its own quantization; leave out precision, layers and highway"};
  }
  const traces::Trace trace = network.is_stated()
                                  ? models::stated_trace(network)
                                  : models::quantize(network, models::calibrate(network), options);
  traces::write_trace(trace, output.path);
  print_text(common,
             fmt::format("{}: {} layers, {} tensors, digest {}\n", output.path, trace.layers.size(),
                         trace.tensors().size(), traces::trace_digest(trace)));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace turnpike::tools
