#pragma once

#include <cstdint>
#include <vector>

#include "dataflow/row_stationary/processing_pass.hpp"

namespace turnpike::dataflow::row_stationary {

/// Passes that are alike in every extent and in new_ifmap_tile, and how many a layer has of them.
/// Of `pass` only the extents and new_ifmap_tile mean something; positions and the accumulation
/// flags are those of a default pass.
struct PassKind {
  ProcessingPass pass;
  std::int64_t count = 0;
};

/// The kinds of all passes for_each_pass would visit, without visiting them: full and ragged pieces
/// of each loop combined. Their counts add up to the number of passes.
[[nodiscard]] std::vector<PassKind> pass_kinds(const LayerShape& layer, const Mapping& mapping,
                                               const ArrayGeometry& array);

}  // namespace turnpike::dataflow::row_stationary
