#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/report/explanation.hpp"
#include "sim/results/stored_run.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

struct ExplainOptions {
  std::string directory;
  std::string what;
  bool json = false;
};

int explain(const ExplainOptions& options, const CommonOptions& common) {
  const report::Question question = report::parse_question(options.what);
  const results::StoredRun run = results::read_stored_run(options.directory);
  const report::Explanation answer = report::explain(run, question, common.config_root);
  if (options.json) {
    print_json(report::to_json(answer));
  } else {
    print_text(common, report::to_text(answer));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_explain(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("explain", "where a number of a run comes from");
  auto options = std::make_shared<ExplainOptions>();
  command->add_option("directory", options->directory, "a run directory")->required();
  command
      ->add_option("what", options->what,
                   "component, component.action, component.action@layer; or area.component")
      ->required();
  command->add_flag("--json", options->json, "print JSON instead of text");
  add_examples(*command,
               {"turnpike explain hw glb.read@layer1.0.conv1", "turnpike explain hw area.mac"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return explain(*options, common); };
  });
}

}  // namespace turnpike::tools
