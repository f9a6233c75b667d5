#pragma once

#include <vector>

#include "traces/trace.hpp"

/// A literal transcription of traces/FORMAT.md, section "Arithmetic": one loop nest per op, nothing
/// shared with the engines under test. It shows that the format's description is complete and that
/// the sample and conformance traces obey it.
namespace turnpike::traces::test {

struct NamedValues {
  std::string tensor;
  std::vector<double> values;  ///< codes of an integer tensor, real values of a float one
};

/// What `layer` writes, computed from the tensors that the trace holds.
[[nodiscard]] std::vector<NamedValues> evaluate(const Trace& trace, const LayerEntry& layer);

/// How far computed values are from those the trace holds.
struct Difference {
  std::int64_t compared = 0;
  std::int64_t codes_wrong = 0;  ///< integer tensors
  double float_error = 0.0;      ///< largest error / range over the float tensors
};
[[nodiscard]] Difference compare_outputs(const Trace& trace);

}  // namespace turnpike::traces::test
