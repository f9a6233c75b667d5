#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sim/accelerator/simulation.hpp"
#include "sim/config/accelerator_config.hpp"

namespace CLI {
class App;
}

namespace turnpike::tools {

/// Files of `turnpike run` that show how a run went. Texts as given; checked by RunViews.
struct RunViewOptions {
  std::optional<std::string> timeline, timeline_detail;
  std::optional<std::string> vcd, window, vcd_pe;
  std::optional<std::string> dram_trace, dram_trace_format;
  [[nodiscard]] bool any() const { return timeline || vcd || dram_trace; }
};

/// --timeline, --vcd, --dram-trace and what belongs to them.
void add_view_options(CLI::App& command, RunViewOptions& options);

/// The open files of a run and the observers that fill them.
class RunViews {
 public:
  /// Opens the files. InputError for an option without the one it belongs to, a bad window, a PE
  /// outside the array, an ideal memory (it has no clock to trace); FileError if a file cannot be
  /// written.
  RunViews(const RunViewOptions& options, const config::AcceleratorConfig& config,
           const std::string& config_root);
  ~RunViews();
  RunViews(const RunViews&) = delete;
  RunViews& operator=(const RunViews&) = delete;
  RunViews(RunViews&&) = delete;
  RunViews& operator=(RunViews&&) = delete;

  /// Has the run observed; this must outlive it.
  void attach(accelerator::SimulationOptions& options, accelerator::RunObserver* progress);
  /// After the run: FileError if a file could not be written to its end. Says on stderr if the run
  /// ended before the window began.
  void close();

 private:
  struct Files;
  std::unique_ptr<Files> files_;
};

}  // namespace turnpike::tools
