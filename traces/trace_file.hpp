#pragma once

#include <string>

#include "traces/open_trace.hpp"
#include "traces/trace.hpp"

/// Traces as files (traces/FORMAT.md).
namespace turnpike::traces {

/// Name of the .npz member that holds the JSON.
inline constexpr const char* kTraceMember = "__trace__";
/// Name of the JSON file in a directory.
inline constexpr const char* kTraceJsonFile = "trace.json";

/// Opens a trace: an .npz file, or a directory with trace.json and one .npy per tensor. Everything
/// is checked that FORMAT.md demands of its program, and of extents and types; FileError naming the
/// file and the member, tensor or layer. Of the elements nothing is known: see scan_trace. What is
/// read later may still throw FileError: a damaged member, or a file that was changed in between.
/// Members the JSON does not name are ignored.
[[nodiscard]] OpenTrace open_trace(const std::string& path);

/// Reads a trace into memory and checks everything FORMAT.md demands.
[[nodiscard]] Trace read_trace(const std::string& path);

/// Writes `path` if it ends in .npz, else a directory, which must not exist or be empty. The same
/// trace gives the same bytes; an interrupted write leaves nothing under `path`. FileError if the
/// trace is not valid or the file can't be written.
void write_trace(const Trace& trace, const std::string& path);

}  // namespace turnpike::traces
