#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/report/clock_calibration.hpp"
#include "sim/run/run.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

struct CalibrateOptions {
  config::ConfigSources sources;
  std::string network;
  std::string measured;
  bool json = false;
};

int calibrate(const CalibrateOptions& options, const CommonOptions& common) {
  const auto measured = cost::read_measured_power(options.measured);
  RunOptions experiment;
  experiment.config_root = common.config_root;
  experiment.simulation.memo_file = default_memo_file();
  const pricing::PricedRun run = turnpike::run(load_accelerator(options.sources, common),
                                               open_workload(options.network, common), experiment);
  const auto calibration = report::calibrate_clock(run, measured, common.config_root);
  if (options.json) {
    print_json(report::to_json(calibration));
  } else {
    print_text(common, report::to_text(calibration, table_width(common)));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_calibrate(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("calibrate", "fit a profile's constants to measured silicon");
  command->require_subcommand(1);
  auto options = std::make_shared<CalibrateOptions>();
  auto* clock = command->add_subcommand(
      "clock", "the share of the flip-flops' clock energy that a measured chip spends");
  add_configuration_options(*clock, options->sources);
  clock->add_option("--network", options->network, "whose layers were measured")->required();
  clock
      ->add_option("--measured", options->measured,
                   "CSV with columns layer, power_mW, total_latency_ms")
      ->required();
  clock->add_flag("--json", options->json, "print JSON instead of a table");
  add_examples(*clock, {"turnpike calibrate clock eyeriss-chip --network alexnet \\\n"
                        "      --measured tests/silicon/alexnet_silicon.csv"});
  clock->callback([options, &common, &chosen] {
    chosen = [options, &common] { return calibrate(*options, common); };
  });
}

}  // namespace turnpike::tools
