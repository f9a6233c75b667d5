#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

/// The `turnpike` program: one file per subcommand, each adding itself to the command line.
namespace turnpike::tools {

/// What a subcommand came to: an exit code of sim/base/error.hpp.
using Action = std::function<int()>;

/// Options several subcommands share.
struct CommonOptions {
  std::string config_root;             ///< configs/ folder
  std::vector<std::string> arguments;  ///< as given, for run.json
  bool wide = false;                   ///< tables with all columns, whatever their width
  bool quiet = false;                  ///< no notes and no progress on stderr
};

/// Adds a subcommand to `app`; sets `chosen` when it is called.
using AddCommand = void (*)(CLI::App& app, const CommonOptions& common, Action& chosen);

void add_run(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_sweep(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_map(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_area(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_model(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_trace(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_config(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_list(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_compare(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_report(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_reprice(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_explain(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_sensitivity(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_calibrate(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_spill(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_manual(CLI::App& app, const CommonOptions& common, Action& chosen);
void add_completion(CLI::App& app, const CommonOptions& common, Action& chosen);

}  // namespace turnpike::tools
