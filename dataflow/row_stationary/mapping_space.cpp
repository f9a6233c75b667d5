#include "dataflow/row_stationary/mapping_space.hpp"

#include <algorithm>

namespace turnpike::dataflow::row_stationary {
namespace {

std::int64_t sum_used(const Cut& outputs, const Cut& kernel, std::int64_t stride) {
  return outputs.sum([&](std::int64_t output_size) {
    return kernel.sum(
        [&](std::int64_t kernel_size) { return used_of(output_size, kernel_size, stride); });
  });
}

std::int64_t sum_spans(const Cut& outputs, const Cut& kernel, std::int64_t stride) {
  return outputs.sum([&](std::int64_t output_size) {
    return kernel.sum(
        [&](std::int64_t kernel_size) { return span_of(output_size, kernel_size, stride); });
  });
}

/// Channels a PE interleaves when `total` are dealt to at most `sets` sets of `each`.
std::int64_t interleaved(std::int64_t total, std::int64_t each, std::int64_t sets) {
  return ceil_div(total, std::min(sets, ceil_div(total, each)));
}

}  // namespace

MappingSpace::MappingSpace(const MapperProblem& problem)
    : problem_{problem},
      part_{largest_kernel_part(problem.layer, problem.array)},
      kernel_rows_{problem.layer.R, part_.rows},
      kernel_columns_{problem.layer.S, part_.columns},
      kernel_parts_{kernel_rows_.pieces() * kernel_columns_.pieces()},
      planes_{problem.layer.N * problem.layer.G * problem.layer.C},
      weights_{problem.layer.G * problem.layer.M * problem.layer.C * problem.layer.R *
               problem.layer.S},
      macs_{problem.layer.macs()},
      ofmap_{problem.layer.ofmap_values()},
      row_widths_{even_pieces(problem.layer.F())} {}

std::vector<Footprint> MappingSpace::footprints() const {
  const LayerShape& layer = problem_.layer;
  const ArrayGeometry& array = problem_.array;
  std::vector<Footprint> result;
  const std::vector<std::int64_t> strips = even_pieces(layer.E());
  for (const std::int64_t n : even_pieces(layer.N)) {
    for (const std::int64_t e : strips) {
      if (filters_that_fit({.n = n, .e = e}, 1) < 1) {
        continue;  // not even one column of one filter
      }
      for (std::int64_t r = 1; r <= std::min(layer.C, array.rows / part_.rows); ++r) {
        const Placement one = place(layer, {.e = e, .r = r}, array);
        const std::int64_t sets = one.slots_across * one.slots_down / one.segments;
        for (std::int64_t t = 1; t <= std::min(layer.M, sets); ++t) {
          Footprint footprint{.n = n, .e = e, .r = r, .t = t};
          footprint.bound = bound(footprint);
          result.push_back(footprint);
        }
      }
    }
  }
  std::stable_sort(result.begin(), result.end(), [](const Footprint& a, const Footprint& b) {
    return a.bound.cost < b.bound.cost;
  });
  return result;
}

std::int64_t MappingSpace::largest_q() const {
  return std::min({problem_.layer.C, problem_.array.ifmap_spad / part_.columns,
                   problem_.array.filter_spad / part_.columns});
}

std::int64_t MappingSpace::largest_p(std::int64_t q) const {
  return std::min({problem_.layer.M, problem_.array.psum_spad,
                   problem_.array.filter_spad / (q * part_.columns)});
}

std::int64_t MappingSpace::filters_that_fit(const Mapping& mapping, std::int64_t columns) const {
  const BufferBudget& budget = problem_.budget;
  Mapping without_psums = mapping;
  without_psums.m = 0;
  without_psums.width_tile = columns;
  std::int64_t room =
      budget.bits - buffer_need(problem_.layer, without_psums, problem_.array, budget).ifmap_bits;
  if (budget.bank_bits > 0) {
    room -= room % budget.bank_bits;
  }
  const std::int64_t psums = room / budget.psum.bits * budget.psum.values;
  return std::max<std::int64_t>(0, psums / (mapping.n * mapping.e * columns));
}

std::optional<Mapping> MappingSpace::complete(const Footprint& footprint, std::int64_t p,
                                              std::int64_t q) const {
  const LayerShape& layer = problem_.layer;
  const std::int64_t block = p * footprint.t;
  if (block - p >= layer.M) {
    return std::nullopt;
  }
  Mapping mapping{.m = 1,
                  .n = footprint.n,
                  .e = footprint.e,
                  .p = p,
                  .q = q,
                  .r = footprint.r,
                  .t = footprint.t};
  for (const std::int64_t columns : row_widths_) {
    const std::int64_t fit = filters_that_fit(mapping, columns);
    if (fit < std::min(block, layer.M)) {
      continue;
    }
    mapping.width_tile = columns == layer.F() ? 0 : columns;
    if (problem_.budget.ifmap_resident && problem_.budget.bank_bits == 0) {
      mapping.m = std::min(block, layer.M);
    } else if (fit >= layer.M) {
      mapping.m = layer.M;
    } else {
      const std::int64_t groups = ceil_div(layer.M, fit / block * block);
      mapping.m = ceil_div(ceil_div(layer.M, groups), block) * block;
    }
    return mapping;
  }
  return std::nullopt;
}

CostBound MappingSpace::cost(const MovedValues& moved, std::int64_t array_cycles) const {
  const std::int64_t cycles =
      std::max(array_cycles, transfer_cycles(moved.filter + moved.dram_ifmap, problem_.weights));
  const double energy = energy_of(moved, cycles, problem_.weights);
  return {.cost = cost_of(problem_.objective, cycles, energy), .energy = energy, .cycles = cycles};
}

/// Every sum is that of the best p and q, every ceiling left out: a bound for all mappings.
CostBound MappingSpace::bound(const Footprint& footprint) const {
  const LayerShape& layer = problem_.layer;
  const ArrayGeometry& array = problem_.array;
  const Cut strips{layer.E(), footprint.e};
  const std::int64_t blocks = ceil_div(layer.M, largest_p(1) * footprint.t);
  const std::int64_t channel_passes = ceil_div(layer.C, largest_q() * footprint.r) * kernel_parts_;
  const std::int64_t repeats = strips.pieces() * ceil_div(layer.N, footprint.n);
  const std::int64_t rows = sum_used(strips, kernel_rows_, layer.U);
  const Cut row{layer.F(), layer.F()};
  MovedValues moved{.filter = weights_ * repeats,
                    .ifmap = planes_ * rows * sum_used(row, kernel_columns_, layer.V) * blocks,
                    .psum = (2 * channel_passes - 1) * ofmap_};
  if (!problem_.budget.ifmap_resident) {
    moved.dram_ifmap = planes_ * rows * sum_spans(row, kernel_columns_, layer.V);
  }
  const std::int64_t loads = layer.G * blocks * channel_passes * repeats;
  const std::int64_t fill =
      std::max(moved.filter / array.filter_rate, loads * load_clocks(1, array));
  // A short strip may spread its filters over all PEs.
  const std::int64_t pes = part_.rows * footprint.e * footprint.r * footprint.t;
  const std::int64_t all_pes = array.spread_short_strips ? array.rows * array.columns : pes;
  const std::int64_t row_macs = macs_ / layer.E();
  const std::int64_t mac_clocks =
      row_macs * strips.full * strips.size / pes + row_macs * strips.rest / all_pes;
  return cost(moved, fill + std::max({mac_clocks, channel_passes * ofmap_ / array.psum_out_rate,
                                      moved.ifmap / array.ifmap_rate}));
}

std::int64_t MappingSpace::fill_bound(const Mapping& mapping) const {
  const LayerShape& layer = problem_.layer;
  const ArrayGeometry& array = problem_.array;
  const Cut blocks{layer.M, mapping.p * mapping.t};
  const Cut channels{layer.C, mapping.q * mapping.r};
  const std::int64_t clocks = blocks.sum([&](std::int64_t filters) {
    return channels.sum([&](std::int64_t depth) {
      return kernel_rows_.sum([&](std::int64_t rows) {
        return kernel_columns_.sum([&](std::int64_t columns) {
          return load_clocks(ceil_div(filters * depth * rows * columns, array.filter_rate), array);
        });
      });
    });
  });
  return clocks * layer.G * ceil_div(layer.N, mapping.n) * ceil_div(layer.E(), mapping.e) *
         ceil_div(layer.F(), tile_columns(layer, mapping));
}

std::int64_t MappingSpace::psum_turns(const Mapping& mapping) const {
  const LayerShape& layer = problem_.layer;
  const std::int64_t turns = Cut{layer.E(), mapping.e}.sum([&](std::int64_t e) {
    return e * Cut{layer.M, mapping.p * mapping.t}.sum([&](std::int64_t filters) {
      return set_turns(filters, filter_sets(filters, e, layer, mapping, problem_.array).p,
                       problem_.array.psum_out_rate);
    });
  });
  return layer.N * layer.G * layer.F() * turns * ceil_div(layer.C, mapping.q * mapping.r) *
         kernel_parts_;
}

std::int64_t MappingSpace::mac_clocks(const Mapping& mapping) const {
  const LayerShape& layer = problem_.layer;
  const std::int64_t filters = Cut{layer.E(), mapping.e}.sum([&](std::int64_t e) {
    return Cut{layer.M, mapping.p * mapping.t}.sum([&](std::int64_t total) {
      return filter_sets(total, e, layer, mapping, problem_.array).p;
    });
  });
  const std::int64_t channels = Cut{layer.C, mapping.q * mapping.r}.sum(
      [&mapping](std::int64_t total) { return interleaved(total, mapping.q, mapping.r); });
  return layer.N * layer.G * layer.F() * layer.S * kernel_rows_.pieces() * filters * channels;
}

CostBound MappingSpace::bound(const Mapping& mapping) const {
  const LayerShape& layer = problem_.layer;
  const ArrayGeometry& array = problem_.array;
  const Cut strips{layer.E(), mapping.e};
  const Cut tiles{layer.F(), tile_columns(layer, mapping)};
  const std::int64_t images = ceil_div(layer.N, mapping.n);
  const std::int64_t blocks = ceil_div(layer.M, mapping.p * mapping.t);
  const std::int64_t channel_passes = ceil_div(layer.C, mapping.q * mapping.r) * kernel_parts_;
  const std::int64_t rows = sum_used(strips, kernel_rows_, layer.U);
  const std::int64_t ifmap_tiles = channel_passes * images * strips.pieces() * tiles.pieces();
  MovedValues moved{.filter = weights_ * strips.pieces() * tiles.pieces() * images,
                    .ifmap = planes_ * rows * sum_used(tiles, kernel_columns_, layer.V) * blocks,
                    .psum = (2 * channel_passes - 1) * ofmap_};
  if (!problem_.budget.ifmap_resident) {
    moved.dram_ifmap = planes_ * rows * sum_spans(tiles, kernel_columns_, layer.V) *
                       (ifmap_tiles == 1 ? 1 : ceil_div(layer.M, mapping.m));
  }
  // Of the first window, what each pass exposes at least: one value of each row, or all of it but
  // for a row of a ragged channel set and the MACs of a column.
  const std::int64_t tiles_of_rows = layer.G * images * tiles.pieces() * blocks;
  const std::int64_t first_rows =
      tiles_of_rows * rows * kernel_columns_.pieces() * ceil_div(layer.C, mapping.q * mapping.r);
  const std::int64_t windows = tiles_of_rows * rows * layer.C * layer.S / array.ifmap_rate;
  const std::int64_t macs = mac_clocks(mapping);
  const std::int64_t columns = macs / (layer.N * layer.F()) * images * tiles.pieces();
  const std::int64_t exposed = std::max(first_rows, windows - first_rows - columns);
  const std::int64_t drains = layer.G * blocks * ifmap_tiles * (kClocksToMac + kPeStages);
  return cost(moved,
              fill_bound(mapping) + drains +
                  std::max({exposed + macs, psum_turns(mapping), moved.ifmap / array.ifmap_rate}));
}

}  // namespace turnpike::dataflow::row_stationary
