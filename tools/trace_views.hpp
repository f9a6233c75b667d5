#pragma once

#include <cstdint>
#include <string>

#include "tools/command.hpp"
#include "traces/open_trace.hpp"

/// `turnpike trace diff` and `turnpike trace stats`: what they print; how far a long reading is.
namespace turnpike::tools {

/// Notes how far the reading of a trace of more than 64 MiB is: what it is at once, then each
/// hundredth.
class ReadingProgress {
 public:
  ReadingProgress(const traces::OpenTrace& trace, const CommonOptions& common);
  /// This tensor has been read.
  void note(const std::string& tensor);

 private:
  const CommonOptions& common_;
  const traces::OpenTrace& trace_;
  bool shown_ = false;
  std::int64_t total_ = 0, done_ = 0, noted_ = 0;  ///< bytes
};

/// Exit code 0 if the traces say and hold the same, else 1.
int diff_traces(const std::string& a, const std::string& b, bool json, const CommonOptions& common);

int show_trace_stats(const std::string& path, bool json, const CommonOptions& common);

}  // namespace turnpike::tools
