#pragma once

#include <string>
#include <string_view>

#include "sim/base/error.hpp"
#include "traces/trace.hpp"

/// The JSON part of a trace (traces/FORMAT.md): everything but the tensors' elements.
namespace turnpike::traces {

inline constexpr std::string_view kTraceFormat = "turnpike-trace";
inline constexpr int kTraceVersion = 1;

/// Parses the JSON strictly. The tensors come without data; with `highway.enabled` false every
/// highway flag is cleared. FileError naming layer or tensor and key for syntax, unknown, missing,
/// repeated or mistyped keys, unknown versions, ops and kinds. What needs the tensors' shapes is
/// checked by validate_trace (trace_validate.hpp).
[[nodiscard]] Trace parse_trace_json(std::string_view text, const SourceSpot& spot);

/// The JSON of a trace; `indent` < 0 for one line. parse_trace_json gives the same trace back.
[[nodiscard]] std::string trace_json(const Trace& trace, int indent = -1);

}  // namespace turnpike::traces
