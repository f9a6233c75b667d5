#include "tools/model_command.hpp"

#include <memory>

#include <CLI/CLI.hpp>

#include "tools/command_line.hpp"
#include "tools/quantized_trace.hpp"

namespace turnpike::tools {
namespace {

struct QuantizeCommand {
  std::string model;
  QuantizeSettings settings;
  TraceOutput output;
};

void add_model_quantize(CLI::App& model, const CommonOptions& common, Action& chosen) {
  auto options = std::make_shared<QuantizeCommand>();
  auto* quantize = model.add_subcommand("quantize", "write the quantized trace");
  quantize->add_option("model", options->model, "zoo:NAME or a network .yaml")->required();
  add_quantize_options(*quantize, options->settings);
  add_trace_output(*quantize, options->output);
  add_examples(*quantize, {"turnpike model quantize zoo:lstm300 --precision 2x4 -o lstm.npz"});
  quantize->callback([options, &common, &chosen] {
    chosen = [options, &common] {
      return write_quantized(options->model, options->settings, options->output, common);
    };
  });
}

}  // namespace

void add_model(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("model", "networks: shapes, quantization, accuracy");
  command->require_subcommand(1);
  add_model_info(*command, common, chosen);
  add_model_quantize(*command, common, chosen);
  add_model_highway(*command, common, chosen);
  add_model_eval(*command, common, chosen);
}

}  // namespace turnpike::tools
