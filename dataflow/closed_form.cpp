#include "dataflow/closed_form.hpp"

#include <algorithm>

#include "dataflow/extent.hpp"

namespace turnpike::dataflow {
namespace {

/// Pipeline stages of a PE (ISSCC 2016 fig. 14.5.5), and clocks from a PE to the one above: its
/// adder and the registered link.
constexpr std::int64_t kPeStages = 3;
constexpr std::int64_t kClocksPerHop = 2;

/// Sum of `extent(outputs, kernel, stride)` over the pieces of an ofmap and of a kernel dimension.
template <class Extent>
std::int64_t sum_over(const Cut& outputs, const Cut& kernel, std::int64_t stride,
                      const Extent& extent) {
  return outputs.sum([&](std::int64_t output_size) {
    return kernel.sum(
        [&](std::int64_t kernel_size) { return extent(output_size, kernel_size, stride); });
  });
}

}  // namespace

TrafficCounts closed_form_counts(const LayerShape& layer, const Mapping& mapping,
                                 const ArrayGeometry& array) {
  const KernelPart part = largest_kernel_part(layer, array);
  const Cut filters{layer.M, mapping.m};
  const Cut images{layer.N, mapping.n};
  const Cut strips{layer.E(), mapping.e};
  const Cut tiles{layer.F(), tile_columns(layer, mapping)};
  const Cut channels{layer.C, mapping.q * mapping.r};
  const Cut kernel_rows{layer.R, part.rows};
  const Cut kernel_columns{layer.S, part.columns};

  const std::int64_t channel_passes =
      channels.pieces() * kernel_rows.pieces() * kernel_columns.pieces();
  const std::int64_t tiles_of_group =
      channel_passes * images.pieces() * strips.pieces() * tiles.pieces();
  const std::int64_t blocks =
      filters.sum([&mapping](std::int64_t m) { return ceil_div(m, mapping.p * mapping.t); });
  const std::int64_t sets =
      filters.sum([&mapping](std::int64_t m) { return ceil_div(m, mapping.p); });
  const std::int64_t rows = sum_over(strips, kernel_rows, layer.U, used_of);
  const std::int64_t columns = sum_over(tiles, kernel_columns, layer.V, used_of);
  const std::int64_t spans = sum_over(tiles, kernel_columns, layer.V, span_of);
  const std::int64_t planes = layer.N * layer.G * layer.C;
  const std::int64_t weights = layer.G * layer.M * layer.C * layer.R * layer.S;
  const std::int64_t ofmap = layer.ofmap_values();

  TrafficCounts counts;
  counts.macs = layer.macs();
  counts.passes = layer.G * blocks * tiles_of_group;
  counts.glb_ifmap_reads = planes * rows * columns * blocks;
  counts.glb_filter_reads = weights * strips.pieces() * tiles.pieces() * images.pieces();
  counts.glb_psum_reads = channel_passes * ofmap;
  counts.glb_psum_writes = channel_passes * ofmap;
  counts.glb_ofmap_readout = ofmap;
  counts.dram_filter_reads = counts.glb_filter_reads;
  counts.dram_ifmap_reads = planes * rows * spans * (tiles_of_group == 1 ? 1 : filters.pieces());
  counts.dram_ofmap_writes = ofmap;
  counts.ifmap_spad_writes = planes * layer.E() * layer.R * columns * sets;
  counts.filter_spad_writes = weights * layer.E() * tiles.pieces() * images.pieces();
  return counts;
}

std::int64_t PassBound::cycles() const {
  return fill + std::max({window + mac, psum + drain, ifmap});
}

std::string_view PassBound::bound() const {
  const std::int64_t rest = cycles() - fill;
  if (fill > rest) {
    return "filter";
  }
  if (rest == window + mac) {
    return "mac";
  }
  return rest == psum + drain ? "psum" : "ifmap";
}

PassBound pass_bound(const ProcessingPass& pass, const LayerShape& layer,
                     const ArrayGeometry& array) {
  const std::int64_t columns = pass.images * pass.F;
  const std::int64_t window = used_of(pass.e, pass.R, layer.U) * pass.channels * pass.S;
  const std::int64_t loaded =
      ceil_div(filter_values(pass), array.filter_load_values) * array.filter_load_values;
  return {.fill = ceil_div(loaded, array.filter_rate),
          .window = ceil_div(window, array.ifmap_rate),
          .mac = columns * pass.p * pass.q * pass.S,
          .psum = columns * ceil_div(pass.e * pass.filters, array.psum_rate),
          .ifmap = ceil_div(ifmap_values_sent(pass, layer), array.ifmap_rate),
          .drain = kClocksPerHop * pass.r * pass.R + kPeStages};
}

}  // namespace turnpike::dataflow
