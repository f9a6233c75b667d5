#include <chrono>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/base/files.hpp"
#include "sim/base/text.hpp"
#include "sim/cost/technology.hpp"
#include "sim/pricing/repricing.hpp"
#include "sim/report/tables.hpp"
#include "sim/results/result_files.hpp"
#include "sim/results/run_directory.hpp"
#include "sim/results/stored_run.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/output.hpp"
#include "turnpike_version.hpp"

namespace turnpike::tools {
namespace {

struct RepriceOptions {
  std::string directory;
  pricing::PriceChanges changes;
  std::optional<std::string> output;
  bool json = false;
  bool force = false;
};

results::RunRecord record_of(const RepriceOptions& options, const CommonOptions& common) {
  results::RunRecord record;
  record.version = kVersion;
  record.arguments = common.arguments;
  record.digests = {{"repriced from", options.directory}};
  record.request = {"repriced from " + canonical_path(options.directory)};
  if (options.changes.profile) {
    record.request.push_back("profile " + *options.changes.profile);
  }
  if (options.changes.technology) {
    record.request.push_back("technology " + *options.changes.technology);
  }
  for (const std::string& setting : options.changes.settings) {
    record.request.push_back("set " + setting);
  }
  return record;
}

int reprice(const RepriceOptions& options, const CommonOptions& common) {
  const auto start = std::chrono::steady_clock::now();
  const InputRecorder inputs;
  results::RunRecord record = record_of(options, common);
  if (options.output && !options.force) {
    results::check_replaceable(*options.output, record);
  }
  const results::StoredRun run = results::read_stored_run(options.directory);
  const config::AcceleratorConfig config =
      pricing::repriced_config(run.config, options.changes, common.config_root);
  const pricing::PricedRun priced = results::price_stored_run(run, config, common.config_root);
  if (options.output) {
    record.timing = run.timing;
    record.inputs = inputs.files();
    record.wall_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    results::write_run_directory(
        *options.output, priced, record,
        options.force ? results::Replace::anything : results::Replace::equal);
    print_note(common, "results in " + *options.output);
  }
  if (!priced.untrusted.empty()) {
    print_note(common, priced.untrusted.substr(priced.untrusted.find("beware")));
  }
  if (options.json) {
    print_json(results::results_json(priced));
  } else {
    print_text(common, report::run_table(priced, table_width(common)));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_reprice(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("reprice", "stored counts at other prices, no simulation");
  auto options = std::make_shared<RepriceOptions>();
  command->add_option("directory", options->directory, "a run directory")->required();
  command->add_option("--profile", options->changes.profile, "a name or a profile .yaml");
  command->add_option("--technology", options->changes.technology,
                      "a name of `turnpike list technologies`");
  command->add_option("--set", options->changes.settings, "key=value, e.g. cost.leakage=false")
      ->allow_extra_args(false);
  command->add_option("-o,--output", options->output, "write a run directory");
  command->add_flag("--force", options->force, "replace another run that is there");
  command->add_flag("--json", options->json, "print results.json instead of a table");
  add_examples(*command, {"turnpike reprice hw --profile access",
                          "turnpike reprice hw --set cost.leakage=false -o no-leakage"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return reprice(*options, common); };
  });
}

}  // namespace turnpike::tools
