#pragma once

#include <string>

/// What a command may write over without --force (docs/cli.md, "Overwriting").
namespace turnpike::tools {

/// InputError if the file is there and is no page of `turnpike report`.
void check_page(const std::string& path);

/// InputError if the file is there and is no trace. Directories are `traces::write_trace`'s matter.
void check_trace_output(const std::string& path);

}  // namespace turnpike::tools
