#include <chrono>
#include <exception>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/base/files.hpp"
#include "sim/base/text.hpp"
#include "sim/report/plan_json.hpp"
#include "sim/report/tables.hpp"
#include "sim/results/result_files.hpp"
#include "sim/results/run_directory.hpp"
#include "sim/run/run.hpp"
#include "sim/sweep/point_store.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/names.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"
#include "tools/output_paths.hpp"
#include "tools/run_progress.hpp"
#include "tools/run_views.hpp"
#include "traces/trace_summary.hpp"
#include "turnpike_version.hpp"

namespace turnpike::tools {
namespace {

struct RunArguments {
  config::ConfigSources sources;
  std::string network;
  std::optional<std::string> weights;
  AccuracyRequest data;
  std::optional<std::string> zeros_from;
  std::optional<std::string> directory;
  std::string timing = "memo";
  std::string layers = "*";
  bool check = false;
  int tolerance = 0;
  bool dry_run = false;
  bool json = false;
  bool no_memo_file = false;
  bool force = false;
  RunViewOptions views;
};

turnpike::RunOptions experiment_options(const RunArguments& options, const CommonOptions& common) {
  turnpike::RunOptions out;
  out.config_root = common.config_root;
  out.layers = options.layers;
  out.simulation.timing = options.timing == "reference"
                              ? accelerator::SimulationOptions::Timing::reference
                              : accelerator::SimulationOptions::Timing::memo;
  out.simulation.check_accumulators = options.check;
  out.simulation.tolerance = options.tolerance;
  out.simulation.memo_file = options.no_memo_file ? "" : default_memo_file();
  return out;
}

/// A dry run ends with a plan: what asks for the results of a simulation asks for nothing.
void refuse_contradictions(const RunArguments& options) {
  if (options.data.mean.empty() != options.data.deviation.empty()) {
    throw InputError{{options.data.mean.empty() ? "--std" : "--mean", 0, 0},
                     "goes with the other of --mean and --std"};
  }
  if (!options.dry_run) {
    return;
  }
  const char* const contradiction =
      options.views.any()     ? "there is nothing to show in a file"
      : options.directory     ? "there are no results to write; leave out -o"
      : options.check         ? "there are no psums to check"
      : options.tolerance > 0 ? "there are no outputs to compare; leave out --tolerance"
                              : nullptr;
  if (contradiction != nullptr) {
    throw InputError{{"--dry-run", 0, 0}, std::string{"simulates nothing: "} + contradiction};
  }
}

void show_plan(const PlannedRun& run, bool json, const CommonOptions& common) {
  if (json) {
    print_json(report::plan_json(*run.trace, run.config, run.plan));
  } else {
    print_text(common, report::plan_table(*run.trace, run.config, run.plan, table_width(common)));
  }
}

/// No two files are one, and none is read by this run.
void check_files(const RunArguments& options, const CommonOptions& common) {
  check_outputs(
      {{"--timeline", options.views.timeline},
       {"--vcd", options.views.vcd},
       {"--dram-trace", options.views.dram_trace}},
      {"-o", options.directory},
      {{"the accelerator", accelerator_file(options.sources.accelerator_file, common.config_root)},
       {"--network", network_source(options.network, common.config_root)},
       {"--weights", options.weights},
       {"--data", options.data.file.empty() ? std::nullopt : std::optional{options.data.file}},
       {"--zeros-from", options.zeros_from},
       {"--profile", options.sources.profile}});
}

results::RunRecord record_of(const RunArguments& options, const CommonOptions& common) {
  results::RunRecord record;
  record.version = kVersion;
  record.arguments = common.arguments;
  record.timing = options.timing;
  record.digests = {{"network", options.network}};
  const config::ConfigSources& sources = options.sources;
  record.request = {
      "accelerator " +
          sweep::place_of(accelerator_file(sources.accelerator_file, common.config_root)),
      "network " + sweep::place_of(network_source(options.network, common.config_root))};
  const auto add = [&record](const char* what, const std::string& name) {
    record.request.push_back(std::string{what} + " " + name);
  };
  if (options.weights) {
    add("weights", sweep::place_of(*options.weights));
  }
  if (!options.data.file.empty()) {
    add("data", sweep::place_of(options.data.file));
  }
  if (options.zeros_from) {
    add("zeros-from", sweep::place_of(*options.zeros_from));
  }
  if (sources.profile) {
    add("profile", sweep::place_of(*sources.profile));
  }
  for (const std::string& setting : sources.settings) {
    add("set", setting);
  }
  if (options.layers != "*") {
    add("layers", options.layers);
  }
  return record;
}

/// Writes the run directory of -o; returns why, if that failed: what was simulated is shown first.
std::exception_ptr write_directory(const RunArguments& options, const CommonOptions& common,
                                   const pricing::PricedRun& run,
                                   const results::RunRecord& record) {
  try {
    results::write_run_directory(
        *options.directory, run, record,
        options.force ? results::Replace::anything : results::Replace::equal);
    print_note(common, "results in " + *options.directory);
  } catch (const InputError&) {
    return std::current_exception();
  }
  return nullptr;
}

int run(const RunArguments& options, const CommonOptions& common) {
  const auto start = std::chrono::steady_clock::now();
  refuse_contradictions(options);
  check_files(options, common);
  const InputRecorder inputs;
  results::RunRecord record = record_of(options, common);
  if (options.directory && !options.force) {
    results::check_replaceable(*options.directory, record);
  }
  const auto config = load_accelerator(options.sources, common);
  auto workload =
      open_workload(options.network, common, options.weights,
                    options.data.file.empty() ? std::nullopt : std::optional{options.data});
  if (options.zeros_from) {
    workload.take_zeros(*options.zeros_from);
  }
  auto experiment = experiment_options(options, common);
  experiment.note = [&common](const std::string& note) { print_note(common, "note: " + note); };
  if (options.dry_run) {
    show_plan(plan_run(config, workload, experiment), options.json, common);
    return static_cast<int>(ExitCode::ok);
  }
  RunViews views{options.views, config, common.config_root};
  RunProgress progress;
  views.attach(experiment.simulation, shows_progress(common.quiet) ? &progress : nullptr);
  const pricing::PricedRun priced = turnpike::run(config, workload, experiment);
  std::exception_ptr unwritten;
  if (options.directory) {
    record.inputs = inputs.files();
    record.wall_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    unwritten = write_directory(options, common, priced, record);
  }
  if (!priced.untrusted.empty()) {
    print_note(common, priced.untrusted.substr(priced.untrusted.find("beware")));
  }
  if (options.json) {
    print_json(results::results_json(priced));
  } else {
    print_text(common, report::run_table(priced, table_width(common)));
  }
  if (unwritten) {
    std::rethrow_exception(unwritten);
  }
  views.close();  // what the run came to is out, whatever becomes of the pictures
  if (!priced.result.checks.all_passed()) {
    print_error("a check failed: " + report::failed_checks(priced));
    return static_cast<int>(ExitCode::check_failed);
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_run(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("run", "simulate one network on one accelerator");
  auto options = std::make_shared<RunArguments>();
  add_configuration_options(*command, options->sources);
  command
      ->add_option("--network", options->network,
                   "zoo:NAME, a network .yaml, or a trace (.npz or directory)")
      ->required();
  command->add_option("--weights", options->weights,
                      "trained weights (.npz, .safetensors, .pt; docs/weights.md)");
  command->add_option("--data", options->data.file,
                      "images that the network reads, .npz (docs/accuracy.md)");
  command->add_option("--mean", options->data.mean, "of their pixels, by channel")->delimiter(',');
  command->add_option("--std", options->data.deviation, "their standard deviation")->delimiter(',');
  command
      ->add_option("--zeros-from", options->zeros_from,
                   "synthetic values with the zeros of each layer that model eval --json "
                   "measured")
      ->excludes("--data");
  command->add_option("-o,--output", options->directory, "write a run directory");
  command->add_flag("--force", options->force, "replace another run that is there");
  command->add_option("--timing", options->timing, "how passes are timed")
      ->check(CLI::IsMember({"memo", "reference"}))
      ->capture_default_str();
  command->add_option("--layers", options->layers, "only layers whose name matches this pattern")
      ->capture_default_str();
  command->add_flag("--check", options->check, "compare every psum with plain loops as well");
  command
      ->add_option("--tolerance", options->tolerance,
                   "difference of integer outputs from the trace's that passes, in codes")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "show mappings and residency, simulate nothing");
  command->add_flag("--json", options->json,
                    "print results.json instead of a table; with --dry-run the plan");
  command->add_flag("--no-memo-file", options->no_memo_file,
                    "do not keep pass timings between runs");
  add_view_options(*command, options->views);
  add_examples(*command,
               {"turnpike run precision-highway --network zoo:resnet18 -o base \\\n"
                "      --set precision=2",
                "turnpike run precision-highway --network zoo:resnet18 --set precision=2 \\\n      "
                "--set highway.enabled=true -o hw",
                "turnpike run precision-highway --network residual_example --dry-run"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return run(*options, common); };
  });
}

}  // namespace turnpike::tools
