#pragma once

#include <set>
#include <string>

#include "sim/config/accelerator_config.hpp"
#include "traces/trace.hpp"

/// What the operands of a trace mean for the machine's width.
namespace turnpike::accelerator {

/// Names of the first and the last conv or fc layer, those layers.first_last is about. An only one
/// is both.
[[nodiscard]] std::set<std::string> first_and_last(const traces::Trace& trace);

/// Widest integer operands of the array layers but those named `without`; {0, 0} if all are
/// floating.
[[nodiscard]] config::OperandWidths widest_operands(const traces::Trace& trace,
                                                    const std::set<std::string>& without = {});

/// The machine a trace asks for: the widest operand of every array layer, or of all but the first
/// and last where these are not run as the others (first_last other than same). A trace of these
/// two alone takes its width from them. {0, 0} if there is no integer operand.
[[nodiscard]] config::OperandWidths machine_widths(const traces::Trace& trace,
                                                   config::FirstLast first_last);

/// A sentence that names the layers for whose sake the machine is wider than the others need; empty
/// if all need its width, or if the width was given.
[[nodiscard]] std::string width_note(const traces::Trace& trace,
                                     const config::AcceleratorConfig& config);

/// InputError unless every layers.overrides names a layer and agrees with the bits it has: those of
/// a trace cannot be changed.
void check_overrides(const traces::Trace& trace, const config::AcceleratorConfig& config);

}  // namespace turnpike::accelerator
