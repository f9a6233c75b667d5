#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "models/model_info.hpp"
#include "tools/command_line.hpp"
#include "tools/model_command.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;

struct InfoOptions {
  std::string model;
  QuantizeSettings quantize;
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

int show_info(const InfoOptions& options, const CommonOptions& common) {
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

}  // namespace

void add_model_info(CLI::App& model, const CommonOptions& common, Action& chosen) {
  auto options = std::make_shared<InfoOptions>();
  auto* info = model.add_subcommand("info", "layers, MACs by bits, tensors on the highway");
  info->add_option("model", options->model, "zoo:NAME or a network .yaml")->required();
  add_quantize_options(*info, options->quantize);
  info->add_flag("--json", options->json, "print JSON instead of a table");
  add_examples(*info, {"turnpike model info zoo:lstm300 --precision 2 --highway"});
  info->callback([options, &common, &chosen] {
    chosen = [options, &common] { return show_info(*options, common); };
  });
}

}  // namespace turnpike::tools
