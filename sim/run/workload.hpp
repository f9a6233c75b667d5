#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/run/accuracy.hpp"
#include "traces/trace.hpp"

namespace turnpike {

/// A workload by name: "zoo:resnet18", a network .yaml, a model (.onnx, .tflite), a trace (.npz or
/// directory). Loaded once;
/// what a precision does not change (weights, float calibration) is kept for all its traces.
class Workload {
 public:
  /// FileError (exit 3) for files that are missing or of another kind; InputError for an unknown
  /// zoo name. `weights`: an .npz with trained weights for a network. `data`: its input is images
  /// of a data set, evenly spaced, and the ranges of its values are those of the set, so that what
  /// is zero is what it would be in use.
  static Workload open(const std::string& name, const std::optional<std::string>& weights = {},
                       const std::optional<AccuracyRequest>& data = {});
  /// What array layers read has the shares of zeros that `model eval` measured (--zeros-from).
  /// FileError for a file that says none, InputError for a trace and for layers that are not those
  /// of the network.
  void take_zeros(const std::string& file);
  Workload(Workload&&) noexcept;
  Workload& operator=(Workload&&) noexcept;
  ~Workload();

  [[nodiscard]] const std::string& name() const { return name_; }
  /// The trace this configuration asks for, with reference outputs. A trace file brings its own
  /// bits and highway: the configuration follows. `highway.enabled` set by --set or by a point of a
  /// sweep derives another trace from it (models/derived_trace.hpp). What else contradicts it and
  /// was set there, and an override of the bits of its layers from anywhere, is an InputError.
  [[nodiscard]] std::shared_ptr<const traces::Trace> trace(config::AcceleratorConfig& config) const;
  /// What tells the trace of this configuration from those of others of this workload: equal texts,
  /// equal traces.
  [[nodiscard]] std::string trace_name(const config::AcceleratorConfig& config) const;
  /// True if trace() derives from the trace file what this configuration asks for.
  [[nodiscard]] bool is_derived(const config::AcceleratorConfig& config) const;
  /// True for a trace file, and for a model that brings its own quantization.
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

}  // namespace turnpike
