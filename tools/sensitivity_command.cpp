#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/report/sensitivity_report.hpp"
#include "tools/command.hpp"

namespace turnpike::tools {
namespace {

struct SensitivityOptions {
  std::vector<std::string> directories;
  cost::MonteCarlo settings;
  bool json = false;
};

int sensitivity(const SensitivityOptions& options, const CommonOptions& common) {
  std::vector<report::StoredRun> runs;
  for (const std::string& directory : options.directories) {
    runs.push_back(report::read_stored_run(directory));
  }
  const auto report = report::sensitivity_of(runs, common.config_root, options.settings);
  fmt::print("{}", options.json ? report::to_json(report) : report::to_text(report));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_sensitivity(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command =
      app.add_subcommand("sensitivity",
                         "what uncertain constants and each policy do to a run's energy, or to the "
                         "change between runs");
  auto options = std::make_shared<SensitivityOptions>();
  command->add_option("directories", options->directories, "run directories; the first is the base")
      ->required()
      ->expected(1, 64);
  command->add_option("--samples", options->settings.samples, "of the band")
      ->check(CLI::Range(20, 1000000))
      ->capture_default_str();
  command->add_option("--seed", options->settings.seed, "of the samples")->capture_default_str();
  command->add_flag("--json", options->json, "print JSON instead of tables");
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return sensitivity(*options, common); };
  });
}

}  // namespace turnpike::tools
