#pragma once

#include <array>
#include <cstdint>

#include "models/import/onnx_import.hpp"

namespace turnpike::models::onnx {

/// Kernel, stride and padding of a convolution or pool from the attributes of its node, with the
/// zeros of a Pad before it. `value` is its input.
void set_window(OnnxImport& import, const Node& node, const Value& value,
                const std::array<std::int64_t, 2>& kernel, Layer& layer);

/// FileError unless the number is from 0 to 2^20.
[[nodiscard]] int narrow_integer(OnnxImport& import, const Node& node, std::string_view what,
                                 std::int64_t value);

}  // namespace turnpike::models::onnx
