#pragma once

#include <cstdint>
#include <string>

#include "pe/row_stationary/pass_counters.hpp"
#include "pe/row_stationary/pass_shape.hpp"

namespace turnpike::differential {

/// One random pass run on ArrayCore, on the structural array and by plain loops.
struct Comparison {
  pe::row_stationary::PassShape shape;
  std::uint64_t clocks = 0;
  std::string mismatch;  ///< empty if all agree, else what differs first
};

/// The pass tests/pe/random_pass.hpp draws from `seed`.
[[nodiscard]] Comparison compare_random_pass(std::uint64_t seed);
/// A given pass with random operands.
[[nodiscard]] Comparison compare_pass(const pe::row_stationary::PassShape& shape,
                                      std::uint64_t seed);

/// "R3 S3 U1 ..." with every field of the shape.
[[nodiscard]] std::string to_string(const pe::row_stationary::PassShape& shape);

}  // namespace turnpike::differential
