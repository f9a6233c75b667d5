#pragma once

#include <string>

#include "sim/accelerator/stage.hpp"
#include "traces/trace.hpp"

namespace turnpike::report {

/// What a run would do, as one JSON document (schema turnpike-plan/1, docs/results.md): layers with
/// their jobs and mappings, stored tensors with place and reason. Nothing is simulated.
[[nodiscard]] std::string plan_json(const traces::Trace& trace,
                                    const config::AcceleratorConfig& config,
                                    const accelerator::Plan& plan);

}  // namespace turnpike::report
