#include "sim/config/accelerator_config.hpp"

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config {
namespace {

constexpr std::array<std::string_view, 1> kAcceleratorSchemas = {"turnpike-accelerator/1"};
// timing.filter_load: bank streams banks of 512 words; a load is at most 16384 values.
constexpr std::int64_t kMostBankedFilterRate = 32;

void read_schema(ConfigMap& map, const KeyFacts& facts, AcceleratorConfig& /*config*/) {
  static_cast<void>(key::read_choice(map, facts));
}

void read_cost(ConfigMap& map, const KeyFacts& facts, AcceleratorConfig& config) {
  if (const ConfigNode* node = key::value_of(map, facts)) {
    config.cost = *node;
  }
}

std::string nothing(const AcceleratorConfig& /*config*/) {
  return "";
}

}  // namespace

template <>
inline constexpr auto kKeys<AcceleratorConfig> = std::array{
    key::own<AcceleratorConfig, read_schema, nothing>({.name = "schema",
                                                       .form = Form::choice,
                                                       .choices = kAcceleratorSchemas,
                                                       .required = true,
                                                       .meaning = "kind and version of the file"}),
    key::text<&AcceleratorConfig::name>(
        {.name = "name", .required = true, .meaning = "printed with every result"}),
    key::text<&AcceleratorConfig::profile>({.name = "profile",
                                            .allowed = "a name of `list profiles`, or a path",
                                            .meaning = "policies for what this file leaves open"}),
    key::number<&AcceleratorConfig::clock_mhz>({.name = "clock_mhz",
                                                .low = 1,
                                                .high = 10000,
                                                .required = true,
                                                .meaning = "core clock",
                                                .unit = "MHz"}),
    key::section<&AcceleratorConfig::technology>({.name = "technology"}),
    key::widths<&AcceleratorConfig::precision>(
        {.name = "precision",
         .low = 1,
         .high = 16,
         .required = true,
         .quantization = true,
         .meaning = "bits the machine is built for and networks are quantized to"}),
    key::section<&AcceleratorConfig::layers>({.name = "layers"}),
    key::section<&AcceleratorConfig::highway>({.name = "highway"}),
    key::section<&AcceleratorConfig::psum>({.name = "psum"}),
    key::section<&AcceleratorConfig::array>({.name = "array"}),
    key::section<&AcceleratorConfig::spads>({.name = "spads"}),
    key::section<&AcceleratorConfig::noc>({.name = "noc"}),
    key::section<&AcceleratorConfig::glb>({.name = "glb"}),
    key::section<&AcceleratorConfig::post>({.name = "post"}),
    key::section<&AcceleratorConfig::dram>({.name = "dram"}),
    key::choice<&AcceleratorConfig::feature_maps>(
        {.name = "feature_maps",
         .policy = true,
         .meaning = "feature maps stay in the global buffer when they fit, or always go to DRAM"}),
    key::choice<&AcceleratorConfig::transfers>(
        {.name = "transfers",
         .meaning = "fetch for the next pass while one runs, or between passes"}),
    key::choice<&AcceleratorConfig::rlc>(
        {.name = "rlc", .meaning = "run-length coded DRAM traffic"}),
    key::section<&AcceleratorConfig::mapper>({.name = "mapper"}),
    key::section<&AcceleratorConfig::timing>({.name = "timing"}),
    key::own<AcceleratorConfig, read_cost, nothing>(
        {.name = "cost",
         .form = Form::mapping,
         .allowed = "keys `cost.*` of a profile",
         .absent = "the profile's",
         .meaning = "what is charged; --set cost.leakage=false"})};

namespace {

void check_filter_rate(const AcceleratorConfig& config, ConfigMap& top) {
  if (config.timing.filter_load == FilterLoad::bank && config.noc.filter > kMostBankedFilterRate) {
    top.get_map("noc").fail(
        "filter", fmt::format("'noc.filter' is {}; with timing.filter_load: bank it is at most "
                              "{}, since a load streams whole banks of 512 words; choose "
                              "timing.filter_load: exact for more",
                              config.noc.filter, kMostBankedFilterRate));
  }
}

bool on_command_line(const SourceSpot& spot) {
  return spot.file.starts_with("--set ");
}

}  // namespace

AcceleratorConfig read_accelerator(const ConfigNode& merged) {
  AcceleratorConfig config;
  config.resolved = merged;
  ConfigMap top{config.resolved, "(top)"};
  read_keys(top, config, Scope::all);
  check_filter_rate(config, top);
  top.finish();
  config.precision_given = on_command_line(top.spot("precision"));
  const ConfigNode* highway = config.resolved.find("highway");
  const ConfigNode* enabled = highway == nullptr ? nullptr : highway->find("enabled");
  config.highway_given = enabled != nullptr && on_command_line(enabled->spot);
  return config;
}

void check_policies(ConfigMap& top) {
  AcceleratorConfig unused;
  read_keys(top, unused, Scope::policies);
}

AcceleratorConfig read_quantization(ConfigMap& top) {
  AcceleratorConfig config;
  read_keys(top, config, Scope::quantization);
  return config;
}

std::vector<KeyRow> accelerator_keys() {
  std::vector<KeyRow> rows;
  add_rows<AcceleratorConfig>(rows, "");
  return rows;
}

}  // namespace turnpike::config
