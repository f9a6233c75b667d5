#pragma once

#include <cstdint>
#include <string>

#include "sim/base/error.hpp"
#include "traces/trace.hpp"

/// The rules of traces/FORMAT.md that need more than the JSON: element types, code ranges, the
/// order of layers, shapes. Every check throws FileError at `spot`, naming tensor or layer.
namespace turnpike::traces {

/// Scales are normal numbers of float32, so that no product of scales and codes overflows or loses
/// digits in a double.
inline constexpr double kMinScale = 0x1.0p-126;
inline constexpr double kMaxScale = 0x1.0p+127;

/// All of the checks below.
void validate_trace(const Trace& trace, const SourceSpot& spot);

/// What needs no data: names, the graph, every layer, the highway. Every tensor has its extents.
void validate_structure(const Program& program, const SourceSpot& spot);

/// What a header tells of a tensor's data.
struct Outline {
  TensorShape shape;
  bool floating = false;
  std::string type;  ///< numpy's name
};

/// What of a tensor needs no data: its name, bits, extents, scales, zero point and element type.
void validate_outline(const TensorDeclaration& tensor, const Outline& outline,
                      const SourceSpot& spot);

/// The outline; every code inside its bits, every real value finite.
void validate_tensor(const TensorEntry& tensor, const SourceSpot& spot);

/// Some of a tensor's elements, the first of which has index `first`.
void validate_piece(const TensorDeclaration& tensor, const Tensor& piece, std::int64_t first,
                    const SourceSpot& spot);

/// Every tensor a layer names exists, each has at most one producer, none is used before it is
/// produced.
void validate_graph(const Program& program, const SourceSpot& spot);

/// Extents and kinds of one layer's tensors, in a program whose graph is valid: the rules of its
/// operation (traces/ops).
void validate_layer(const Program& program, const LayerEntry& layer, const SourceSpot& spot);

/// Every tensor marked as highway has the width of the trace's highway: its `bits` (kind float:
/// 32), or those of the codes its readers take where they are wider (a highway is never narrower).
void validate_highway(const Program& program, const SourceSpot& spot);

/// The post steps of a layer, and whether its output's kind agrees with them.
void validate_post(const Program& program, const LayerEntry& layer, const SourceSpot& spot);
/// The key `requantize`, if the layer has it.
void validate_requantize(const Program& program, const LayerEntry& layer, const SourceSpot& spot);

/// Throws FileError "layer 'name': message".
[[noreturn]] void fail_layer(const LayerEntry& layer, const SourceSpot& spot,
                             std::string_view message);

}  // namespace turnpike::traces
