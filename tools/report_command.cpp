#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/report/report_page.hpp"
#include "sim/results/stored_run.hpp"
#include "sim/sweep/claims.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/output.hpp"
#include "tools/replaceable.hpp"
#include "turnpike_version.hpp"

namespace turnpike::tools {
namespace {

struct ReportOptions {
  std::vector<std::string> directories;
  std::string output;
  bool force = false;
};

/// A page named otherwise would be opened as what it is not.
void check_is_page(const std::string& file) {
  const std::string extension = std::filesystem::path{file}.extension().string();
  if (extension != ".html" && extension != ".htm") {
    throw InputError{
        {file, 0, 0},
        "is no name of a page: it must end in .html (to have a PDF, print the page from "
        "a browser)"};
  }
}

int make_report(const ReportOptions& options, const CommonOptions& common) {
  check_is_page(options.output);
  if (!options.force) {
    check_page(options.output);
  }
  std::vector<results::StoredRun> runs;
  for (const std::string& directory : options.directories) {
    if (!sweep::is_sweep_directory(directory)) {
      runs.push_back(results::read_stored_run(directory));
      continue;
    }
    for (sweep::StoredPoint& point :
         sweep::read_sweep_directory(directory, {}, common.config_root)) {
      runs.push_back(std::move(point.run));
    }
  }
  write_output(options.output, report::report_page(runs, common.config_root, kVersion));
  print_note(common, fmt::format("{} {} in {}", runs.size(), runs.size() == 1 ? "run" : "runs",
                                 options.output));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_report(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("report", "one HTML page of runs: tables and charts, offline");
  auto options = std::make_shared<ReportOptions>();
  command
      ->add_option("directories", options->directories,
                   "run directories, or sweep directories for all their finished points")
      ->required()
      ->type_name("DIR")
      ->expected(1, -1);
  command->add_option("-o,--output", options->output, "the page to write, .html")->required();
  command->add_flag("--force", options->force, "replace a file of another kind");
  add_examples(*command, {"turnpike report base hw -o report.html",
                          "turnpike report results/paper_fig6-paper -o fig6.html"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return make_report(*options, common); };
  });
}

}  // namespace turnpike::tools
