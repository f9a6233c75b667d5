#pragma once

#include <string>
#include <vector>

#include "sim/accelerator/stage.hpp"
#include "sim/report/text_table.hpp"
#include "traces/trace.hpp"

/// Where the highway leaves the chip: highway width against precision, from the allocation alone.
namespace turnpike::report {

/// DRAM traffic of the highway at one precision and width, in Mbit (10^6 bits) of payload.
struct SpillPoint {
  int bits = 0;
  int highway_bits = 0;
  double planned = 0.0;  ///< as the allocation places the tensors
  double by_rule = 0.0;  ///< as the rule below places them
};

/// A highway tensor of E values in a buffer of G bits leaves the chip, in the simple view of one
/// block, unless h E <= G - 2 k E: beside it lie the block's input and output at k bits. On the
/// paper's machine G = 2^20 k. The rule leaves out psums and what other tensors live at that time,
/// which the plan counts. A tensor in DRAM is written once and read by each later stage that adds
/// it.
[[nodiscard]] SpillPoint spill_of(const traces::Trace& trace,
                                  const config::AcceleratorConfig& config,
                                  const accelerator::Plan& plan);

/// A row per precision, a column per highway width; planned, then by the rule.
[[nodiscard]] std::string to_text(const std::vector<SpillPoint>& points, TableWidth width);
/// Schema turnpike-spill/1.
[[nodiscard]] std::string to_json(const std::vector<SpillPoint>& points,
                                  const std::string& network);

}  // namespace turnpike::report
