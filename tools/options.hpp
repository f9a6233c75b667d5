#pragma once

#include <optional>
#include <string>

#include "models/dataset.hpp"
#include "models/import/import_model.hpp"
#include "models/network.hpp"
#include "models/quantize.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/config/sources.hpp"
#include "sim/run/run.hpp"
#include "tools/command.hpp"

/// Options that several subcommands share.
namespace turnpike::tools {

/// ACCELERATOR.yaml, --profile and --set.
void add_configuration_options(CLI::App& command, config::ConfigSources& sources);

/// The accelerator of these options, from the configs/ folder in use; its file may be a bare name.
[[nodiscard]] config::AcceleratorConfig load_accelerator(config::ConfigSources sources,
                                                         const CommonOptions& common);

/// What --network names, a bare name of configs/networks/ included.
[[nodiscard]] Workload open_workload(const std::string& network, const CommonOptions& common,
                                     const std::optional<std::string>& weights = {},
                                     const std::optional<AccuracyRequest>& data = {});

/// What a network is quantized to, as given on the command line.
struct QuantizeSettings {
  std::string precision = "16";
  std::string first_last = "same";
  bool highway = false;
  int highway_bits = 8;
  std::vector<std::string> settings;   ///< --set key=value, laid over the above
  std::optional<std::string> weights;  ///< --weights: trained ones for a zoo network
  std::optional<double> ifmap_zeros;   ///< trace import --ifmap-zeros
};

/// --precision, --first-last, --highway, --highway-bits, --set and --weights.
void add_quantize_options(CLI::App& command, QuantizeSettings& settings);

/// Reads the settings by the rules of an accelerator file: keys precision, layers.first_last,
/// layers.overrides, highway.enabled, highway.bits. InputError naming the option.
[[nodiscard]] models::QuantizeOptions quantize_options(const QuantizeSettings& settings);

/// A network by name ("zoo:resnet18", "net.yaml", "alexnet"), with trained weights if there are
/// any; notes on these are printed. FileError if it is a file of another kind or is not there,
/// InputError for an unknown zoo name and for weights of what is no zoo network.
[[nodiscard]] models::Network open_model(const std::string& name, const CommonOptions& common,
                                         const std::optional<std::string>& weights = {},
                                         const models::ImportOptions& import = {});

/// --mean and --std of the pixels of a data set; none if neither is given. InputError for one
/// alone.
[[nodiscard]] std::optional<models::Normalization> normalization_of(
    const std::vector<double>& mean, const std::vector<double>& deviation);

}  // namespace turnpike::tools
