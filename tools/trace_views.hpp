#pragma once

#include <string>

#include "tools/command.hpp"

/// `turnpike trace diff` and `turnpike trace stats`: what they print.
namespace turnpike::tools {

/// Exit code 0 if the traces say and hold the same, else 1.
int diff_traces(const std::string& a, const std::string& b, bool json, const CommonOptions& common);

int show_trace_stats(const std::string& path, bool json, const CommonOptions& common);

}  // namespace turnpike::tools
