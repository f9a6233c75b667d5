#include "tools/quantized_trace.hpp"

#include <fmt/format.h>

#include "models/quantize.hpp"
#include "tools/output.hpp"
#include "traces/trace_check.hpp"
#include "traces/trace_file.hpp"

namespace turnpike::tools {

int write_quantized(const std::string& model, const QuantizeSettings& settings,
                    const std::string& output, const CommonOptions& common) {
  const models::QuantizeOptions options = quantize_options(settings);
  const models::Network network = open_model(model, common, settings.weights);
  const traces::Trace trace = models::quantize(network, models::calibrate(network), options);
  traces::write_trace(trace, output);
  print_text(common,
             fmt::format("{}: {} layers, {} tensors, digest {}\n", output, trace.layers.size(),
                         trace.tensors().size(), traces::trace_digest(trace)));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace turnpike::tools
