#pragma once

#include <string>

#include "traces/trace.hpp"

/// Traces as files (traces/FORMAT.md).
namespace turnpike::traces {

/// Name of the .npz member that holds the JSON.
inline constexpr const char* kTraceMember = "__trace__";
/// Name of the JSON file in a directory.
inline constexpr const char* kTraceJsonFile = "trace.json";

/// Reads a trace: an .npz file, or a directory with trace.json and one .npy per tensor. Everything
/// FORMAT.md demands is checked; FileError naming the file and the member, tensor or layer.
/// Members the JSON does not name are ignored.
[[nodiscard]] Trace read_trace(const std::string& path);

/// Writes `path` if it ends in .npz, else a directory, which must not exist or be empty. The same
/// trace gives the same bytes; an interrupted write leaves nothing under `path`. FileError if the
/// trace is not valid or the file can't be written.
void write_trace(const Trace& trace, const std::string& path);

}  // namespace turnpike::traces
