#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <systemc>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/printable.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/find_configs.hpp"
#include "tools/interrupt.hpp"
#include "tools/output.hpp"
#include "turnpike_version.hpp"

namespace turnpike::tools {
namespace {

int code_of(ExitCode code) {
  return static_cast<int>(code);
}

/// Commands as --help lists them.
const std::vector<std::pair<const char*, std::vector<AddCommand>>> kGroups = {
    {"Simulate", {add_run, add_sweep}},
    {"Question results", {add_compare, add_report, add_explain, add_reprice, add_sensitivity}},
    {"Look ahead, nothing simulated", {add_map, add_area, add_spill}},
    {"Networks, traces, configurations", {add_model, add_trace, add_config, add_list}},
    {"Fit to silicon", {add_calibrate}},
    {"About", {add_manual, add_completion}},
};

/// Names go into files that are UTF-8, such as run.json.
void refuse_other_bytes(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    const std::size_t good = utf8_prefix(argument);
    if (good < argument.size()) {
      throw InputError{{"'" + argument + "'", 0, 0},
                       fmt::format("byte 0x{:02x} is no UTF-8; options and names of files are",
                                   static_cast<unsigned char>(argument[good]))};
    }
  }
}

int run_program(int argc, char** argv) {
  CLI::App app{
      "Turnpike tells what a precision highway costs in silicon: cycles, area and energy "
      "of a row-stationary accelerator at 16 down to 1 bit.",
      "turnpike"};
  app.set_version_flag("-V,--version", std::string{"turnpike "} + kVersion);
  app.require_subcommand(1);
  add_examples(app, {"turnpike run precision-highway --network zoo:resnet18",
                     "turnpike help run        # each command has examples of its own"});
  CommonOptions common;
  common.config_root = find_configs(argv[0]);
  common.arguments.assign(argv + 1, argv + argc);
  refuse_other_bytes(common.arguments);
  Action chosen;
  for (const auto& [group, commands] : kGroups) {
    for (const AddCommand add : commands) {
      add(app, common, chosen);
      app.get_subcommands([](const CLI::App*) { return true; }).back()->group(group);
    }
  }
  add_common_options(app, common);
  add_help_commands(app, chosen);
  refuse_unknown_words(app, common.arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help_text(command_of(app, common.arguments)));
    return code_of(ExitCode::ok);
  } catch (const CLI::CallForVersion& e) {
    fmt::print("{}\n", e.what());
    return code_of(ExitCode::ok);
  } catch (const CLI::ParseError& e) {
    const std::string command = whole_name(command_of(app, common.arguments));
    throw InputError{{command, 0, 0}, fmt::format("{} ({} --help)", e.what(), command)};
  }
  check_configs(common.config_root);
  return chosen();
}

}  // namespace
}  // namespace turnpike::tools

/// Files must not get the numbers of standard streams that the caller closed. stdout is opened such
/// that writing to it is an error, as it is on a closed one.
static void open_standard_files() {
  for (int file = 0; file <= 2; ++file) {
    if (::fcntl(file, F_GETFD) < 0) {
      static_cast<void>(::open("/dev/null", file == 2 ? O_WRONLY : O_RDONLY));
    }
  }
}

int sc_main(int argc, char** argv) {
  using turnpike::ExitCode;
  try {
    return turnpike::tools::run_program(argc, argv);
  } catch (const turnpike::InputError& e) {
    turnpike::tools::print_error(e.what());
    return static_cast<int>(e.exit_code());
  } catch (const std::bad_alloc&) {
    turnpike::tools::print_error("out of memory");
    return static_cast<int>(ExitCode::input_file);
  } catch (const std::filesystem::filesystem_error& e) {
    turnpike::tools::print_error(e.path1().string() + ": " + e.code().message());
    return static_cast<int>(ExitCode::input_file);
  } catch (const std::exception& e) {
    if (std::ferror(stdout) == 0) {  // else that is what it is about, and is said
      turnpike::tools::print_error(std::string{"internal error, please report: "} + e.what());
    }
    return static_cast<int>(std::ferror(stdout) == 0 ? ExitCode::internal : ExitCode::ok);
  }
}

int main(int argc, char** argv) {
  open_standard_files();
  turnpike::tools::catch_interrupts();
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return turnpike::tools::code_after_output(sc_core::sc_elab_and_sim(argc, argv));
}
