#pragma once

#include <string>
#include <string_view>

#include "sim/base/error.hpp"
#include "traces/trace.hpp"

/// The JSON part of a trace (traces/FORMAT.md): everything but the tensors' elements.
namespace turnpike::traces {

inline constexpr std::string_view kTraceFormat = "turnpike-trace";
inline constexpr int kTraceVersion = 1;

/// Parses the JSON strictly. The extents of the tensors are left open; with `highway.enabled` false
/// every highway flag is cleared. FileError naming layer or tensor and key for syntax, unknown,
/// missing, repeated or mistyped keys, unknown versions, ops and kinds. What needs the tensors'
/// shapes is checked by validate_structure (trace_validate.hpp).
class JsonMap;

/// The key `requantize` of a layer (traces/ops/requantize.cpp).
[[nodiscard]] Requantize parse_requantize(JsonMap& map);
[[nodiscard]] nlohmann::ordered_json requantize_json(const Requantize& how);

[[nodiscard]] Program parse_trace_json(std::string_view text, const SourceSpot& spot);

/// The JSON of a program; `indent` < 0 for one line. parse_trace_json gives the same program back,
/// but for extents and element types.
[[nodiscard]] std::string trace_json(const Program& program, int indent = -1);

}  // namespace turnpike::traces
