#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/metrics.hpp"
#include "models/model_info.hpp"
#include "sim/report/text_table.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"
#include "tools/quantized_trace.hpp"
#include "traces/trace_summary.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;

struct ModelOptions {
  std::string model;
  QuantizeSettings quantize;
  TraceOutput output;
  bool json = false;
};

std::string info_json(const models::ModelInfo& info) {
  Json layers = Json::array();
  for (const models::LayerInfo& layer : info.layers) {
    layers.push_back({{"name", layer.name},
                      {"op", to_string(layer.op)},
                      {"input", layer.input},
                      {"output", layer.output},
                      {"weight_bits", layer.weight_bits},
                      {"activation_bits", layer.activation_bits},
                      {"parameters", layer.parameters},
                      {"macs", layer.macs}});
  }
  Json macs = Json::array();
  for (const auto& [bits, count] : info.macs_by_bits) {
    macs.push_back(
        {{"weight_bits", bits.first}, {"activation_bits", bits.second}, {"macs", count}});
  }
  Json highway = Json::array();
  for (const models::HighwayInfo& edge : info.highway) {
    highway.push_back({{"tensor", edge.tensor},
                       {"bits", edge.bits},
                       {"values", edge.values},
                       {"written_by", edge.written_by},
                       {"read_by", edge.read_by}});
  }
  const Json json = {{"schema", "turnpike-model/1"},
                     {"name", info.name},
                     {"batch", info.batch},
                     {"input", info.input},
                     {"macs", info.macs},
                     {"parameters", info.parameters},
                     {"macs_by_bits", std::move(macs)},
                     {"highway", std::move(highway)},
                     {"layers", std::move(layers)}};
  return json.dump(2) + '\n';
}

int show_info(const ModelOptions& options, const CommonOptions& common) {
  const models::QuantizeOptions quantize = quantize_options(options.quantize);
  const models::ModelInfo info =
      models::model_info(open_model(options.model, common, options.quantize.weights), quantize);
  if (options.json) {
    print_json(info_json(info));
  } else {
    print_text(common, models::to_text(info));
  }
  return static_cast<int>(ExitCode::ok);
}

int evaluate(const ModelOptions& options, const CommonOptions& common) {
  const models::QuantizeOptions quantize = quantize_options(options.quantize);
  const models::Network network = open_model(options.model, common, options.quantize.weights);
  const traces::Trace trace = models::quantize(network, models::calibrate(network), quantize);
  const auto metrics = models::compare_with_float(network, trace);
  if (options.json) {
    Json layers = Json::array();
    for (const models::LayerMetrics& row : metrics) {
      layers.push_back({{"layer", row.layer},
                        {"cosine_error", row.cosine_error},
                        {"zero_fraction", row.zero_fraction},
                        {"minimum", row.minimum},
                        {"maximum", row.maximum}});
    }
    const Json json = {{"schema", "turnpike-model-eval/1"},
                       {"network", network.name()},
                       {"layers", std::move(layers)}};
    print_json(json.dump(2));
    return static_cast<int>(ExitCode::ok);
  }
  report::TextTable table{{"layer", "cosine error", "zeros %", "minimum", "maximum"}};
  for (const models::LayerMetrics& row : metrics) {
    table.add({row.layer, fmt::format("{:.6f}", row.cosine_error),
               fmt::format("{:.1f}", 100.0 * row.zero_fraction), fmt::format("{:.4g}", row.minimum),
               fmt::format("{:.4g}", row.maximum)});
  }
  print_text(common, fmt::format("{}: outputs of each layer against the float network\n\n{}",
                                 network.name(), table.to_string(table_width(common))));
  return static_cast<int>(ExitCode::ok);
}

CLI::App* add_action(CLI::App& parent, const std::string& name, const std::string& description,
                     ModelOptions& options) {
  auto* command = parent.add_subcommand(name, description);
  command->add_option("model", options.model, "zoo:NAME, a network .yaml, an .onnx or .tflite model")->required();
  add_quantize_options(*command, options.quantize);
  return command;
}

}  // namespace

void add_model(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("model", "networks: shapes, quantization, errors");
  command->require_subcommand(1);
  auto options = std::make_shared<ModelOptions>();
  auto* info =
      add_action(*command, "info", "layers, MACs by bits, tensors on the highway", *options);
  info->add_flag("--json", options->json, "print JSON instead of a table");
  add_examples(*info, {"turnpike model info zoo:lstm300 --precision 2 --highway"});
  info->callback([options, &common, &chosen] {
    chosen = [options, &common] { return show_info(*options, common); };
  });
  auto* quantize = add_action(*command, "quantize", "write the quantized trace", *options);
  add_trace_output(*quantize, options->output);
  add_examples(*quantize, {"turnpike model quantize zoo:lstm300 --precision 2x4 -o lstm.npz"});
  quantize->callback([options, &common, &chosen] {
    chosen = [options, &common] {
      return write_quantized(options->model, options->quantize, options->output, common);
    };
  });
  auto* eval =
      add_action(*command, "eval", "errors of each layer against the float network", *options);
  eval->add_flag("--json", options->json, "print JSON instead of a table");
  add_examples(*eval, {"turnpike model eval zoo:lstm300 --precision 8"});
  eval->callback([options, &common, &chosen] {
    chosen = [options, &common] { return evaluate(*options, common); };
  });
}

}  // namespace turnpike::tools
