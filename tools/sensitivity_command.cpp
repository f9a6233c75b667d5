#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/pricing/repricing.hpp"
#include "sim/report/sensitivity_report.hpp"
#include "sim/sweep/claims_report.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

struct SensitivityOptions {
  std::vector<std::string> directories;
  pricing::PriceChanges changes;
  cost::MonteCarlo settings;
  bool json = false;
};

/// A finished sweep: its claims, what the highway adds, and what moves them.
int sweep_sensitivity(const SensitivityOptions& options, const CommonOptions& common) {
  if (options.directories.size() > 1) {
    throw InputError{{options.directories[0], 0, 0},
                     "is a sweep; give one sweep, or run directories"};
  }
  const auto points =
      sweep::read_sweep_directory(options.directories[0], options.changes, common.config_root);
  const auto report = sweep::claims_report(points, options.settings, common.config_root);
  if (options.json) {
    print_json(sweep::to_json(report));
  } else {
    print_text(common, sweep::to_text(report, table_width(common)));
  }
  return static_cast<int>(ExitCode::ok);
}

int sensitivity(const SensitivityOptions& options, const CommonOptions& common) {
  if (sweep::is_sweep_directory(options.directories.front())) {
    return sweep_sensitivity(options, common);
  }
  std::vector<results::StoredRun> runs;
  for (const std::string& directory : options.directories) {
    runs.push_back(results::read_stored_run(directory));
    runs.back().config =
        pricing::repriced_config(runs.back().config, options.changes, common.config_root);
  }
  const auto report = report::sensitivity_of(runs, common.config_root, options.settings);
  if (options.json) {
    print_json(report::to_json(report));
  } else {
    print_text(common, report::to_text(report, table_width(common)));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_sensitivity(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command =
      app.add_subcommand("sensitivity",
                         "what uncertain constants and each policy do to a run's energy, or to the "
                         "change between runs");
  auto options = std::make_shared<SensitivityOptions>();
  command
      ->add_option("directories", options->directories,
                   "run directories, the first is the base; or one sweep directory")
      ->required()
      ->type_name("DIR")
      ->expected(1, -1);
  command->add_option("--profile", options->changes.profile, "price with this profile instead");
  command->add_option("--set", options->changes.settings, "key=value, e.g. cost.leakage=true")
      ->allow_extra_args(false);
  command->add_option("--samples", options->settings.samples, "of the band")
      ->check(CLI::Range(20, 1000000))
      ->capture_default_str();
  command->add_option("--seed", options->settings.seed, "of the samples")->capture_default_str();
  command->add_flag("--json", options->json, "print JSON instead of tables");
  add_examples(*command,
               {"turnpike sensitivity base hw", "turnpike sensitivity results/paper_fig6-paper"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return sensitivity(*options, common); };
  });
}

}  // namespace turnpike::tools
