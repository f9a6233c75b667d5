#pragma once

#include <functional>
#include <memory>
#include <string>

#include "pe/pass_memo.hpp"
#include "sim/accelerator/simulation.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/pricing/priced_run.hpp"
#include "sim/run/workload.hpp"
#include "traces/trace.hpp"

/// One network on one accelerator.
namespace turnpike {

/// Only the layers whose names match `pattern`, each fed with its reference inputs.
[[nodiscard]] traces::Trace select_layers(const traces::Trace& trace, const std::string& pattern);

struct RunOptions {
  std::string config_root;
  std::string layers = "*";  ///< glob
  accelerator::SimulationOptions simulation;
  /// Of a process that does many runs, in place of simulation.memo_file; may be null.
  std::shared_ptr<pe::PassMemo> passes = nullptr;
  std::function<void(const std::string&)> note;  ///< takes Workload::notes; may be empty
};

/// Configuration + workload -> trace -> plan -> cycles -> prices. The facade: subcommands, points
/// of a sweep and other programs run a network through this and nothing else. Blocks until done;
/// one at a time in a process, because SystemC's kernel is global. InputError, FileError as its
/// parts.
[[nodiscard]] pricing::PricedRun run(config::AcceleratorConfig config, const Workload& workload,
                                     const RunOptions& options);

/// The same up to the plan, for --dry-run and map.
struct PlannedRun {
  config::AcceleratorConfig config;
  std::shared_ptr<const traces::Trace> trace;
  accelerator::Plan plan;
  std::shared_ptr<pe::PassMemo>
      passes;  ///< stepped to choose mappings, or known from the memo file
};
[[nodiscard]] PlannedRun plan_run(config::AcceleratorConfig config, const Workload& workload,
                                  const RunOptions& options);

/// Default place of the pass memo: $XDG_CACHE_HOME/turnpike/passes.bin, or under ~/.cache; empty if
/// neither is known.
[[nodiscard]] std::string default_memo_file();

}  // namespace turnpike
