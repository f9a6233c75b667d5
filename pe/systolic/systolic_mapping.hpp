#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dataflow/mapping_problem.hpp"
#include "pe/array_model.hpp"
#include "pe/systolic/systolic_core.hpp"

/// How a layer is laid over an output-stationary systolic array (docs/systolic.md): letters, tiles,
/// closed forms and the search.
namespace turnpike::pe::systolic {

/// What of the machine bounds a mapping.
struct SystolicMachine {
  std::int64_t rows = 12, columns = 14;
  TileShape rates;  ///< rows, columns and depth are those of a tile and not looked at
  std::int64_t filter_values = 2048;  ///< weights a bank of the filter buffer holds
};

/// n images of e ofmap rows are a strip, whose ifmap lies in the global buffer; a pass makes x of
/// its pixels for m filters.
struct TileMapping {
  std::int64_t n = 1, e = 1, x = 1, m = 1;
  friend bool operator==(const TileMapping&, const TileMapping&) = default;
};
[[nodiscard]] Mapping to_letters(const TileMapping& mapping);
[[nodiscard]] TileMapping from_letters(const Mapping& letters, const std::string& layer = "");

/// One pass. Pixels are counted through [N][E][F].
struct Tile {
  std::int64_t group = 0;
  std::int64_t image0 = 0, images = 1, row0 = 0, e = 1;  ///< of its strip
  std::int64_t pixel0 = 0, pixels = 1;
  std::int64_t filter0 = 0, filters = 1;
  bool new_filter = true, new_ifmap = true;
};
/// Groups, strips, filters, pixels. The weights of a tile stay if a bank of the filter buffer holds
/// them.
void for_each_tile(const LayerShape& layer, const TileMapping& mapping,
                   const SystolicMachine& machine, const std::function<void(const Tile&)>& visit);
[[nodiscard]] TileShape tile_shape(const Tile& tile, const LayerShape& layer,
                                   const SystolicMachine& machine);

/// Clocks a pass cannot beat; it takes exactly these if every bus brings a word for each of its
/// lanes in a clock and FIFOs hold two.
struct TileBound {
  std::int64_t start = 0;   ///< latency of the buffer, and the first word's way through its FIFO
  std::int64_t steps = 0;   ///< depth + rows + columns - 2
  std::int64_t ifmap = 0;   ///< the ifmap bus, and the last value's way to the right
  std::int64_t filter = 0;  ///< the filter bus, and the last weight's way down
  std::int64_t drain = 0;  ///< rows shifted out, or the psum bus, and a word's way through its FIFO
  [[nodiscard]] std::int64_t cycles() const;
  [[nodiscard]] std::string bound() const;  ///< mac, ifmap, filter or psum
};
[[nodiscard]] TileBound tile_bound(const TileShape& tile);

[[nodiscard]] ExpectedJob expect(const LayerShape& layer, const TileMapping& mapping,
                                 const SystolicMachine& machine);

/// Why a mapping cannot work, or nullopt.
[[nodiscard]] std::optional<std::string> illegal(const dataflow::MappingProblem& problem,
                                                 const TileMapping& mapping,
                                                 const SystolicMachine& machine);
/// The best of all strips, pixels and filters cut into pieces as even as can be.
[[nodiscard]] std::vector<dataflow::MappedJob> search(const dataflow::MappingProblem& problem,
                                                      const SystolicMachine& machine,
                                                      const std::string& layer, std::size_t keep);
[[nodiscard]] dataflow::MappedJob evaluate(const dataflow::MappingProblem& problem,
                                           const TileMapping& mapping,
                                           const SystolicMachine& machine,
                                           const std::string& layer);

}  // namespace turnpike::pe::systolic
