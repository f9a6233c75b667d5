#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/pricing/priced_run.hpp"
#include "sim/report/tables.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;

struct AreaOptions {
  config::ConfigSources sources;
  bool json = false;
};

std::string area_json(const config::AcceleratorConfig& config, const std::string& policy,
                      const std::vector<cost::AreaItem>& area) {
  Json parts = Json::array();
  double total = 0.0;
  for (const cost::AreaItem& item : area) {
    total += item.area.count();
    parts.push_back({{"component", to_string(item.component)},
                     {"part", item.part},
                     {"stream", to_string(item.stream)},
                     {"area_um2", item.area.count()},
                     {"interpolated", item.interpolated},
                     {"steps", item.steps}});
  }
  const Json json = {
      {"schema", "turnpike-area/1"},
      {"accelerator", config.name},
      {"node_nm", config.technology.node_nm},
      {"precision",
       {{"weight", config.precision.weight}, {"activation", config.precision.activation}}},
      {"policy", policy},
      {"area_mm2", total * 1e-6},
      {"parts", std::move(parts)}};
  return json.dump(2) + '\n';
}

int show_area(const AreaOptions& options, const CommonOptions& common) {
  const auto config = load_accelerator(options.sources, common);
  config::check_highway_settings(config);
  const auto area = pricing::make_cost_model(config, nullptr, common.config_root).area();
  const std::string policy = pricing::policy_line_of(config) +
                             pricing::untrusted_figures(config, area, nullptr, common.config_root);
  if (options.json) {
    print_json(area_json(config, policy, area));
  } else {
    print_text(common, report::area_table(config, policy, area));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_area(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("area", "area of an accelerator by component and part");
  auto options = std::make_shared<AreaOptions>();
  add_configuration_options(*command, options->sources);
  command->add_flag("--json", options->json, "print JSON, with the steps that made each figure");
  add_examples(*command,
               {"turnpike area eyeriss-chip",
                "turnpike area precision-highway --set precision=2 --set highway.enabled=true"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return show_area(*options, common); };
  });
}

}  // namespace turnpike::tools
