#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/open_trace.hpp"
#include "traces/trace.hpp"

/// What `turnpike trace stats` shows: how full the codes of a trace are.
namespace turnpike::traces {

struct TensorStats {
  std::string tensor;
  TensorKind kind = TensorKind::uniform;
  int bits = 32;  ///< as declared
  bool is_signed = false;
  std::int64_t elements = 0;
  double zeros = 0;          ///< share whose real value is 0 (zero_fraction())
  double low = 0, high = 0;  ///< smallest and largest code, or value of kind float
  /// Integer codes only, else 0: the fewest bits that hold all codes, with the declared sign.
  int bits_used = 0;
  /// Integer codes only, else 0: Shannon entropy of the codes, bits an element.
  double entropy = 0;
  /// Integer codes only: entropy of each bit of the code in two's complement, bit 0 first, 0 to 1;
  /// as many as `bits`. A bit that never changes has 0.
  std::vector<double> bit_entropy;
};

/// Of each tensor, in the order of the trace.
[[nodiscard]] std::vector<TensorStats> stats_of(const Trace& trace);

[[nodiscard]] TensorStats stats_of(const TensorEntry& tensor);
/// The same of a tensor whose elements have not been checked: read once, a piece at a time, and
/// checked.
[[nodiscard]] TensorStats stats_of(const OpenTrace& trace, const std::string& tensor);

}  // namespace turnpike::traces
