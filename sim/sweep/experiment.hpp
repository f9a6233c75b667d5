#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/accelerator/simulation.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/report/priced_run.hpp"
#include "traces/trace.hpp"

/// Running networks on accelerators: one at a time (experiment), or many (sweep).
namespace turnpike::sweep {

/// A workload by name: "zoo:resnet18", a network .yaml, a trace (.npz or directory). Loaded once;
/// what a precision does not change (weights, float calibration) is kept for all its traces.
class Workload {
 public:
  /// FileError (exit 3) for files that are missing or of another kind; InputError for an unknown
  /// zoo name. `weights`: an .npz with trained weights for a zoo network.
  static Workload open(const std::string& name, const std::optional<std::string>& weights = {});
  Workload(Workload&&) noexcept;
  Workload& operator=(Workload&&) noexcept;
  ~Workload();

  [[nodiscard]] const std::string& name() const { return name_; }
  /// The trace this configuration asks for, with reference outputs. A trace file brings its own
  /// bits and highway: the configuration follows. What contradicts it and was set by --set or by a
  /// point of a sweep, and an override of the bits of its layers from anywhere, is an InputError.
  [[nodiscard]] std::shared_ptr<const traces::Trace> trace(config::AcceleratorConfig& config) const;
  /// True for a trace file.
  [[nodiscard]] bool is_trace() const;
  /// What a user should know, a sentence each: slips in a file of weights; of a trace, which layers
  /// set the width of the machine, and which skips are wide without a highway. `config` as trace()
  /// left it.
  [[nodiscard]] std::vector<std::string> notes(const config::AcceleratorConfig& config) const;
  /// InputError if the configuration contradicts itself or the workload, without making a trace.
  void check(config::AcceleratorConfig config) const;
  /// Does now what all traces share, so that processes forked later find it done.
  void prepare() const;

 private:
  struct Impl;
  Workload();
  std::string name_;
  std::unique_ptr<Impl> impl_;
};

/// Only the layers whose names match `pattern`, each fed with its reference inputs.
[[nodiscard]] traces::Trace select_layers(const traces::Trace& trace, const std::string& pattern);

struct ExperimentOptions {
  std::string config_root;
  std::string layers = "*";  ///< glob
  accelerator::SimulationOptions simulation;
  std::function<void(const std::string&)> note;  ///< takes Workload::notes; may be empty
};

/// Configuration + workload -> trace -> plan -> cycles -> prices.
[[nodiscard]] report::PricedRun run_experiment(config::AcceleratorConfig config,
                                               const Workload& workload,
                                               const ExperimentOptions& options);

/// The same up to the plan, for --dry-run and map.
struct DryRun {
  config::AcceleratorConfig config;
  std::shared_ptr<const traces::Trace> trace;
  accelerator::Plan plan;
};
[[nodiscard]] DryRun plan_experiment(config::AcceleratorConfig config, const Workload& workload,
                                     const ExperimentOptions& options);

/// Default place of the pass memo: $XDG_CACHE_HOME/turnpike/passes.bin, or under ~/.cache; empty if
/// neither is known.
[[nodiscard]] std::string default_memo_file();

}  // namespace turnpike::sweep
