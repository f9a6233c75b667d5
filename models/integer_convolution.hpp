#pragma once

#include <cstdint>
#include <vector>

#include "models/convolution.hpp"

/// Convolutions of 8-bit codes in 32-bit sums, by the dot-product instruction of AVX-512 VNNI where
/// the processor has it.
namespace turnpike::models {

/// Operands of a convolution: activation code + `shift` lies in [0, 255], weights in [-128, 127].
/// The sums are those of (code - zero) * weight; padding contributes 0.
struct ByteConvolution {
  const ConvShape& shape;
  std::int64_t shift = 0;  ///< added to activation codes: 0 if unsigned, 128 if signed
  std::int64_t zero = 0;   ///< activation code of the operand 0
};

/// True if byte_sums() is there and faster than a product in floating point.
[[nodiscard]] bool has_byte_sums(const ConvShape& shape);

/// ofmap [batch][filters][positions]. Exact while every sum of |weight| * 255 stays below 2^31.
[[nodiscard]] std::vector<std::int32_t> byte_sums(const ByteConvolution& convolution,
                                                  const std::vector<std::uint8_t>& ifmap,
                                                  const std::vector<std::int8_t>& filter);

}  // namespace turnpike::models
