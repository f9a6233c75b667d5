#pragma once

#include <string>

#include "traces/trace_file.hpp"

namespace turnpike::accelerator::test {

/// One of the project's own traces, reference outputs made by numpy (traces/samples).
inline traces::Trace sample(const std::string& name) {
  return traces::read_trace(std::string{TURNPIKE_SOURCE_DIR} + "/traces/samples/" + name);
}

}  // namespace turnpike::accelerator::test
