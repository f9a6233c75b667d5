#pragma once

#include "models/import/onnx_import.hpp"

namespace turnpike::models::onnx {

/// The grid of a scale and zero point: inputs `scale` and `scale` + 1 of a node. `axis` is set
/// where there is a scale per index of an axis.
[[nodiscard]] StatedGrid integer_grid(OnnxImport& import, const Node& node, std::size_t scale);
/// Full range of the integer type of a constant.
void set_type_range(StatedGrid& grid, const Constant& of_type);
/// A quantize layer behind a value; what it makes, as codes if `codes`.
void quantize_value(OnnxImport& import, const Node& node, const Value& value,
                    const StatedGrid& grid, bool codes);
/// A constant of codes as real values on its grid.
[[nodiscard]] Value dequantized(OnnxImport& import, const Node& node, const Value& codes,
                                const StatedGrid& grid, std::int64_t axis);

}  // namespace turnpike::models::onnx
