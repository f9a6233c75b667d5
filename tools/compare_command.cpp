#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/report/comparison.hpp"
#include "sim/results/stored_run.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

struct CompareOptions {
  std::vector<std::string> directories;
  std::vector<std::string> limits;
  bool across_networks = false;
  bool json = false;
};

int compare(const CompareOptions& options, const CommonOptions& common) {
  std::vector<report::Limit> limits;
  for (const std::string& text : options.limits) {
    limits.push_back(report::parse_limit(text));
  }
  std::vector<results::StoredRun> runs;
  for (const std::string& directory : options.directories) {
    runs.push_back(results::read_stored_run(directory));
  }
  if (!options.across_networks) {
    report::check_same_network(runs);
  }
  if (options.json) {
    print_json(report::comparison_json(runs));
  } else {
    print_text(common, report::comparison_table(runs, table_width(common)));
  }
  bool failed = false;
  for (const report::Limit& limit : limits) {
    for (std::size_t i = 1; i < runs.size(); ++i) {
      if (const auto reason = report::exceeds(limit, runs.front(), runs[i])) {
        print_error(fmt::format("{}: {}", runs[i].directory, *reason));
        failed = true;
      }
    }
  }
  return static_cast<int>(failed ? ExitCode::check_failed : ExitCode::ok);
}

}  // namespace

void add_compare(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("compare", "runs side by side; what the highway costs");
  auto options = std::make_shared<CompareOptions>();
  command->add_option("directories", options->directories, "run directories; the first is the base")
      ->required()
      ->type_name("DIR")
      ->expected(2, -1);
  command
      ->add_option("--fail-if", options->limits,
                   "exit with 1 if a later run does this against the first, e.g. 'energy>+5%', "
                   "'cycles>+1000', 'area>4.5'")
      ->allow_extra_args(false);
  command->add_flag("--across-networks", options->across_networks,
                    "compare runs of different networks, too");
  command->add_flag("--json", options->json, "print JSON instead of tables");
  add_examples(*command,
               {"turnpike compare base hw", "turnpike compare base hw --fail-if 'energy>+5%'"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return compare(*options, common); };
  });
}

}  // namespace turnpike::tools
