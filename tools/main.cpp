#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <systemc>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"
#include "tools/command.hpp"
#include "tools/find_configs.hpp"
#include "turnpike_version.hpp"

namespace turnpike::tools {
namespace {

int code_of(ExitCode code) {
  return static_cast<int>(code);
}

/// CLI11 would only say that a subcommand is required.
void refuse_unknown_command(const CLI::App& app, int argc, char** argv) {
  const std::string given = argc > 1 ? argv[1] : "";
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(command->get_name());
  }
  if (!given.empty() && given[0] != '-' &&
      std::find(known.begin(), known.end(), given) == known.end()) {
    throw InputError{{"'" + given + "'", 0, 0}, "is no command" + suggestion(given, known)};
  }
}

int run_program(int argc, char** argv) {
  CLI::App app{
      "Turnpike tells what a precision highway costs in silicon: cycles, area and energy "
      "of a row-stationary accelerator at 16 down to 1 bit."};
  app.set_version_flag("--version", std::string{"turnpike "} + kVersion);
  app.require_subcommand(1);
  CommonOptions common;
  common.config_root = find_configs(argv[0]);
  common.arguments.assign(argv + 1, argv + argc);
  app.add_option("--configs", common.config_root, "folder with profiles/ and technology/")
      ->capture_default_str();
  Action chosen;
  for (const AddCommand add : {
           add_run,
           add_sweep,
           add_map,
           add_area,
           add_model,
           add_trace,
           add_config,
           add_list,
           add_compare,
           add_report,
           add_reprice,
           add_explain,
           add_sensitivity,
           add_calibrate,
           add_spill,
       }) {
    add(app, common, chosen);
  }
  refuse_unknown_command(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e, std::cout, std::cerr);
    return code == 0 ? 0 : code_of(ExitCode::configuration);
  }
  return chosen();
}

}  // namespace
}  // namespace turnpike::tools

int sc_main(int argc, char** argv) {
  using turnpike::ExitCode;
  try {
    return turnpike::tools::run_program(argc, argv);
  } catch (const turnpike::InputError& e) {
    fmt::print(stderr, "turnpike: {}\n", e.what());
    return static_cast<int>(e.exit_code());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "turnpike: out of memory\n");
  } catch (const std::exception& e) {
    fmt::print(stderr, "turnpike: internal error, please report: {}\n", e.what());
  }
  return static_cast<int>(ExitCode::internal);
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
