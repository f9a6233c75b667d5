#include "tools/options.hpp"

#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/import/import_model.hpp"
#include "models/network_file.hpp"
#include "models/weights_file.hpp"
#include "sim/base/config_map.hpp"
#include "tools/names.hpp"
#include "tools/output.hpp"
#include "traces/other_formats.hpp"

namespace turnpike::tools {
namespace {

/// "4x8" is 4-bit weights and 8-bit activations; anything else is YAML as in an accelerator file.
std::string precision_yaml(const std::string& text) {
  const std::size_t cross = text.find('x');
  if (cross == std::string::npos || text.find('{') != std::string::npos) {
    return text;
  }
  return fmt::format("{{weight: {}, activation: {}}}", text.substr(0, cross),
                     text.substr(cross + 1));
}

}  // namespace

void add_configuration_options(CLI::App& command, config::ConfigSources& sources) {
  command
      .add_option("accelerator", sources.accelerator_file,
                  "a file, or a name of `turnpike list accelerators`")
      ->required();
  command.add_option("--profile", sources.profile, "a name or a profile .yaml");
  command.add_option("--set", sources.settings, "key=value, laid over the file")
      ->allow_extra_args(false);
}

config::AcceleratorConfig load_accelerator(config::ConfigSources sources,
                                           const CommonOptions& common) {
  sources.config_root = common.config_root;
  sources.accelerator_file = accelerator_file(sources.accelerator_file, common.config_root);
  return config::load_accelerator(sources);
}

Workload open_workload(const std::string& network, const CommonOptions& common,
                       const std::optional<std::string>& weights,
                       const std::optional<AccuracyRequest>& data) {
  return Workload::open(network_source(network, common.config_root), weights, data);
}

void add_quantize_options(CLI::App& command, QuantizeSettings& settings) {
  command
      .add_option("--precision", settings.precision,
                  "bits of weights and activations: 2, 2x4 or {weight: 2, activation: 4}")
      ->capture_default_str();
  command
      .add_option("--first-last", settings.first_last,
                  fmt::format("first and last layer: {}",
                              fmt::join(config::ChoiceNames<config::FirstLast>::names, ", ")))
      ->capture_default_str();
  command.add_flag("--highway", settings.highway, "skip tensors on the precision highway");
  command.add_option("--highway-bits", settings.highway_bits, "its width, 4..32")
      ->capture_default_str();
  command
      .add_option(
          "--set", settings.settings,
          "key=value: precision, highway.enabled, highway.bits, highway.edges, or a key of layers "
          "(first_last, overrides, weights, weight_scale, activations, signed_grid)")
      ->allow_extra_args(false);
  command.add_option("--weights", settings.weights,
                     "trained weights (.npz, .safetensors, .pt; docs/weights.md)");
}

models::QuantizeOptions quantize_options(const QuantizeSettings& settings) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::mapping;
  node.set("precision=" + precision_yaml(settings.precision));
  node.set("layers.first_last=" + settings.first_last);
  node.set(fmt::format("highway.enabled={}", settings.highway));
  node.set(fmt::format("highway.bits={}", settings.highway_bits));
  for (const std::string& setting : settings.settings) {
    node.set(setting);
  }
  ConfigMap map{node, "(top)"};
  const config::AcceleratorConfig asked = config::read_quantization(map);
  map.finish();
  return models::quantize_options(asked);
}

models::Network open_model(const std::string& given, const CommonOptions& common,
                           const std::optional<std::string>& weights,
                           const models::ImportOptions& import) {
  const std::string name = network_source(given, common.config_root);
  if (models::is_importable(name)) {
    if (weights) {
      throw InputError{{"--weights", 0, 0}, "goes with a zoo network only"};
    }
    models::ImportedNetwork imported = models::import_network(name, import);
    for (const std::string& note : imported.notes) {
      print_note(common, "note: " + note);
    }
    return std::move(imported.network);
  }
  if (!models::is_network(name)) {
    std::error_code ignored;
    if (std::filesystem::exists(name, ignored)) {
      const std::string way = traces::way_in(name);
      throw FileError{{name, 0, 0},
                      "is no network; " +
                          (way.empty() ? "give zoo:NAME or a network .yaml (for a trace: turnpike "
                                         "trace info)"
                                       : way)};
    }
  }
  models::Network network = models::open_network(name);
  if (weights) {
    for (const std::string& note : models::load_weights(network, *weights)) {
      print_note(common, "note: " + note);
    }
  }
  return network;
}

std::optional<models::Normalization> normalization_of(const std::vector<double>& mean,
                                                      const std::vector<double>& deviation) {
  if (mean.empty() != deviation.empty()) {
    throw InputError{{mean.empty() ? "--std" : "--mean", 0, 0},
                     "goes with the other of --mean and --std"};
  }
  return mean.empty() ? std::nullopt : std::optional{models::Normalization{mean, deviation}};
}

}  // namespace turnpike::tools
