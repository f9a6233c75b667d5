#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/report/report_page.hpp"
#include "sim/report/result_files.hpp"
#include "sim/report/stored_run.hpp"
#include "tools/command.hpp"
#include "turnpike_version.hpp"

namespace turnpike::tools {
namespace {

struct ReportOptions {
  std::vector<std::string> directories;
  std::string output;
};

int make_report(const ReportOptions& options) {
  std::vector<report::StoredRun> runs;
  for (const std::string& directory : options.directories) {
    runs.push_back(report::read_stored_run(directory));
  }
  report::write_file(options.output, report::report_page(runs, kVersion));
  fmt::print(stderr, "{} {} in {}\n", runs.size(), runs.size() == 1 ? "run" : "runs",
             options.output);
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_report(CLI::App& app, const CommonOptions& common, Action& chosen) {
  static_cast<void>(common);
  auto* command = app.add_subcommand("report", "one HTML page of runs: tables and charts, offline");
  auto options = std::make_shared<ReportOptions>();
  command
      ->add_option("directories", options->directories,
                   "run directories, or sweep directories for all their finished points")
      ->required()
      ->expected(1, 64);
  command->add_option("-o,--output", options->output, "the page to write, .html")->required();
  command->callback([options, &chosen] { chosen = [options] { return make_report(*options); }; });
}

}  // namespace turnpike::tools
