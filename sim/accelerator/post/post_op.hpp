#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerator/run_result.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/base/vocabulary.hpp"
#include "traces/trace.hpp"

/// The element-wise layers of the post-processing unit: a file an operation, with the values it
/// computes and the work it is (`extern const PostOp`), listed once (post_ops.cpp). Written a
/// second time: the engine that makes the traces has its own.
namespace turnpike::accelerator::post {

/// A layer that is being counted.
struct PostLayer {
  const traces::Trace& trace;
  const Plan& plan;
  const traces::LayerEntry& entry;
  std::uint64_t inputs = 0;   ///< values of its first input
  std::uint64_t outputs = 0;  ///< values of its output

  [[nodiscard]] const traces::TensorEntry& output() const { return trace.tensor(entry.output); }
};

/// Values that go through a unit of the post-processing (an item of the vocabulary's `post`).
struct Operations {
  Item unit;
  std::uint64_t values = 0;
  Stream stream = Stream::low;
};

struct PostOp {
  traces::Op op;
  /// Real values before the post steps, as traces/FORMAT.md defines them, from the reference
  /// inputs.
  std::vector<double> (*values)(const traces::Trace& trace, const traces::LayerEntry& layer);
  std::vector<Operations> (*operations)(const PostLayer& layer);
  /// It may work on psums while they are read out.
  bool on_psums = true;
  /// What it reads from the buffer is the other operand of what is read out.
  bool takes_skip = false;
  /// How often an output that is made while psums are read out, row by row, is written; null: once.
  std::uint64_t (*writes)(const traces::LayerEntry& layer) = nullptr;
  /// What table 6 of the paper counts an output as; null: nothing.
  std::uint64_t OperationCounts::*counted_as = nullptr;
};

/// Null for the layers that run on the array.
[[nodiscard]] const PostOp* post_op(traces::Op op);

}  // namespace turnpike::accelerator::post
