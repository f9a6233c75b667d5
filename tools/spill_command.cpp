#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/report/spill_diagram.hpp"
#include "sim/run/run.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

struct SpillOptions {
  config::ConfigSources sources;
  std::string network;
  std::vector<int> bits = {1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<int> highway_bits = {4, 6, 8, 10, 12, 16, 20, 24, 32};
  bool json = false;
};

int spill(const SpillOptions& options, const CommonOptions& common) {
  const Workload workload = open_workload(options.network, common);
  if (workload.is_trace()) {
    throw InputError{
        {options.network, 0, 0},
        "is a trace, whose bits and highway are what they are; spill varies them: give "
        "zoo:NAME or a network .yaml"};
  }
  RunOptions experiment;
  experiment.config_root = common.config_root;
  std::vector<report::SpillPoint> points;
  std::string policy;
  for (const int bits : options.bits) {
    for (const int highway : options.highway_bits) {
      config::ConfigSources sources = options.sources;
      sources.settings.insert(sources.settings.end(),
                              {fmt::format("precision={}", bits), "highway.enabled=true",
                               fmt::format("highway.bits={}", highway)});
      const PlannedRun run = plan_run(load_accelerator(sources, common), workload, experiment);
      points.push_back(report::spill_of(*run.trace, run.config, run.plan));
      policy = pricing::policy_line_of(run.config);
    }
  }
  if (options.json) {
    print_json(report::to_json(points, options.network));
  } else {
    print_text(common, report::to_text(points, table_width(common)) + policy + '\n');
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_spill(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand(
      "spill", "where the highway leaves the chip: its width against precision, nothing simulated");
  auto options = std::make_shared<SpillOptions>();
  add_configuration_options(*command, options->sources);
  command->add_option("--network", options->network, "zoo:NAME or a network .yaml")->required();
  command->add_option("--bits", options->bits, "precisions, e.g. 1,2,3")
      ->delimiter(',')
      ->check(CLI::Range(1, 16));
  command->add_option("--highway-bits", options->highway_bits, "highway widths, e.g. 8,16,32")
      ->delimiter(',')
      ->check(CLI::Range(4, 32));
  command->add_flag("--json", options->json, "print JSON instead of tables");
  add_examples(*command, {"turnpike spill precision-highway --network zoo:resnet18 --bits 2,4"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return spill(*options, common); };
  });
}

}  // namespace turnpike::tools
