#include "tools/run_views.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "memory/dram_device.hpp"
#include "memory/request_trace.hpp"
#include "sim/accelerator/timeline.hpp"
#include "sim/accelerator/waveform.hpp"
#include "sim/base/error.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

using accelerator::ClockWindow;
using accelerator::Timeline;
using accelerator::TimelineDetail;
using accelerator::Waveform;
using memory::RequestTraceFile;
using memory::RequestTraceFormat;

void refuse_alone(const std::optional<std::string>& option, const char* name,
                  const std::optional<std::string>& owner, const char* owner_name) {
  if (option && !owner) {
    throw InputError{{name, 0, 0}, fmt::format("goes with {} only", owner_name)};
  }
}

std::unique_ptr<Waveform> open_waveform(const RunViewOptions& options,
                                        const config::AcceleratorConfig& config) {
  if (!options.window) {
    throw InputError{{"--vcd", 0, 0},
                     "needs --window A:B, the clocks to show (a whole run would fill the disk); "
                     "--timeline FILE shows where to look"};
  }
  const ClockWindow window = accelerator::parse_window(*options.window);
  const pe::PePosition chosen = accelerator::parse_pe(options.vcd_pe.value_or("0:0"));
  if (chosen.row >= config.array.rows || chosen.column >= config.array.columns) {
    throw InputError{{"--vcd-pe " + *options.vcd_pe, 0, 0},
                     fmt::format("lies outside the array of {} rows and {} columns",
                                 config.array.rows, config.array.columns)};
  }
  return std::make_unique<Waveform>(*options.vcd, window, chosen);
}

RequestTraceFormat format_of(const RunViewOptions& options) {
  const std::string by_name =
      options.dram_trace->ends_with(".ramulator") ? "ramulator2" : "dramsim3";
  return options.dram_trace_format.value_or(by_name) == "ramulator2"
             ? RequestTraceFormat::ramulator2
             : RequestTraceFormat::dramsim3;
}

std::unique_ptr<RequestTraceFile> open_dram_trace(const RunViewOptions& options,
                                                  const config::AcceleratorConfig& config,
                                                  const std::string& config_root) {
  const SourceSpot spot =
      config.resolved.find("dram") != nullptr ? config.resolved.find("dram")->spot : SourceSpot{};
  if (memory::find_dram_device(config.dram.device, config_root + "/technology/dram", spot).kind ==
      memory::DramKind::ideal) {
    throw InputError{
        {"--dram-trace", 0, 0},
        fmt::format("needs a memory with a clock; dram.device '{}' is ideal", config.dram.device)};
  }
  return std::make_unique<RequestTraceFile>(*options.dram_trace, format_of(options));
}

}  // namespace

struct RunViews::Files {
  std::unique_ptr<Timeline> timeline;
  std::unique_ptr<Waveform> waveform;
  std::unique_ptr<RequestTraceFile> dram_trace;
  ClockWindow window;
  accelerator::RunObservers observers;
};

void add_view_options(CLI::App& command, RunViewOptions& options) {
  command.add_option("--timeline", options.timeline,
                     "write what was when as Chrome trace events (ui.perfetto.dev opens it)");
  command
      .add_option("--timeline-detail", options.timeline_detail,
                  "an event a block (default), or each pass, transfer and tile")
      ->check(CLI::IsMember({"blocks", "passes"}));
  command.add_option("--vcd", options.vcd, "write the signals of a window of clocks (VCD)");
  command.add_option("--window", options.window, "A:B, clocks A up to B, not including B; N = 0:N");
  command.add_option("--vcd-pe", options.vcd_pe, "ROW:COLUMN, the PE whose levels are shown [0:0]");
  command.add_option("--dram-trace", options.dram_trace,
                     "write what the memory is asked for, a line a burst");
  command
      .add_option("--dram-trace-format", options.dram_trace_format,
                  "default: ramulator2 for a file named *.ramulator, else dramsim3")
      ->check(CLI::IsMember({"dramsim3", "ramulator2"}));
}

RunViews::RunViews(const RunViewOptions& options, const config::AcceleratorConfig& config,
                   const std::string& config_root)
    : files_{std::make_unique<Files>()} {
  refuse_alone(options.timeline_detail, "--timeline-detail", options.timeline, "--timeline");
  refuse_alone(options.window, "--window", options.vcd, "--vcd");
  refuse_alone(options.vcd_pe, "--vcd-pe", options.vcd, "--vcd");
  refuse_alone(options.dram_trace_format, "--dram-trace-format", options.dram_trace,
               "--dram-trace");
  if (options.vcd) {
    files_->waveform = open_waveform(options, config);
    files_->window = accelerator::parse_window(*options.window);
  }
  if (options.timeline) {
    files_->timeline = std::make_unique<Timeline>(
        *options.timeline, options.timeline_detail.value_or("blocks") == "passes"
                               ? TimelineDetail::passes
                               : TimelineDetail::blocks);
  }
  if (options.dram_trace) {
    files_->dram_trace = open_dram_trace(options, config, config_root);
  }
}

RunViews::~RunViews() = default;

void RunViews::attach(accelerator::SimulationOptions& options, accelerator::RunObserver* progress) {
  if (progress != nullptr) {
    files_->observers.add(*progress);
  }
  if (files_->timeline) {
    files_->observers.add(*files_->timeline);
  }
  if (files_->waveform) {
    files_->observers.add(*files_->waveform);
  }
  if (files_->timeline || files_->waveform || progress != nullptr) {
    options.observer = &files_->observers;
  }
  if (files_->dram_trace) {
    options.dram_observer = &files_->dram_trace->writer();
  }
}

void RunViews::close() {
  if (files_->timeline) {
    files_->timeline->close();
  }
  if (files_->waveform) {
    files_->waveform->close();
    if (files_->waveform->clocks() <= files_->window.from) {
      print_error(fmt::format("the run ended at clock {}, before the window of --vcd",
                              files_->waveform->clocks()));
    }
  }
  if (files_->dram_trace) {
    files_->dram_trace->close();
  }
}

}  // namespace turnpike::tools
