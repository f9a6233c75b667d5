#pragma once

#include <map>
#include <string>

#include "models/ops/layer_operands.hpp"
#include "traces/trace.hpp"

/// The functional engine: quantized inference by the arithmetic of traces/FORMAT.md. What an
/// operation computes stands in its file of models/ops. The tensors must fit their layers
/// (traces/trace_validate.hpp); InternalError if not.
namespace turnpike::models {

/// Which values a run keeps: what no layer reads, or all of them (the reference outputs of a
/// trace). Others live until their last reader has run.
enum class Keep { outputs, all };

/// One run of a program. It looks at program and parameters when a layer runs, so what the layers
/// ahead need may still be set.
class Execution : private TensorSource {
 public:
  /// `inputs`: the tensors that no layer writes and that are no parameters. The state h_prev of a
  /// recurrent layer may be left out: it is made on the way. All three must outlive this.
  Execution(const traces::Program& program, const traces::Parameters& parameters,
            traces::Activations inputs, Keep keep);

  void run_layer(std::size_t layer);
  /// One layer with its operands, as they stand now.
  [[nodiscard]] LayerOperands operands(std::size_t layer) const;
  [[nodiscard]] const traces::Activations& activations() const { return activations_; }
  /// Gives away what was kept.
  [[nodiscard]] traces::Activations take() && { return std::move(activations_); }

 private:
  [[nodiscard]] bool has(const std::string& tensor) const override;
  [[nodiscard]] traces::TensorView view(const std::string& tensor) const override;
  [[nodiscard]] Target target(const std::string& tensor) const override;
  void release(const traces::LayerEntry& layer);

  const traces::Program& program_;
  const traces::Parameters& parameters_;
  traces::Activations activations_;
  Keep keep_;
  std::map<std::string, std::size_t> readers_;  ///< layers still to run
};

/// Runs all layers in order.
[[nodiscard]] traces::Activations execute(const traces::Program& program,
                                          const traces::Parameters& parameters,
                                          traces::Activations inputs, Keep keep = Keep::outputs);

/// Runs one layer on the inputs the trace holds.
[[nodiscard]] LayerOutputs compute_layer(const traces::Trace& trace, std::size_t layer);

}  // namespace turnpike::models
