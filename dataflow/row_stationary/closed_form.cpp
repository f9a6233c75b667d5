#include "dataflow/row_stationary/closed_form.hpp"

#include <algorithm>

#include "dataflow/extent.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

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
  const std::int64_t set_rows = strips.sum([&](std::int64_t e) {
    return e * filters.sum([&](std::int64_t m) {
      return Cut{m, mapping.p * mapping.t}.sum(
          [&](std::int64_t block) { return filter_sets(block, e, layer, mapping, array).t; });
    });
  });
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
  counts.array_psum_words = channel_passes * ofmap;
  counts.glb_psum_reads = (channel_passes - 1) * ofmap;
  counts.glb_psum_writes = channel_passes * ofmap;
  counts.glb_ofmap_readout = ofmap;
  counts.dram_filter_reads = counts.glb_filter_reads;
  counts.dram_ifmap_reads = planes * rows * spans * (tiles_of_group == 1 ? 1 : filters.pieces());
  counts.dram_ofmap_writes = ofmap;
  counts.ifmap_spad_writes = planes * layer.R * columns * set_rows;
  counts.filter_spad_writes = weights * layer.E() * tiles.pieces() * images.pieces();
  return counts;
}

std::int64_t PassBound::cycles() const {
  return fill + drain + std::max({window + mac, first_psum + psum, psum_in, ifmap + last_ifmap});
}

std::string_view PassBound::bound() const {
  const std::int64_t rest = cycles() - fill;
  if (fill > rest) {
    return "filter";
  }
  if (rest == drain + window + mac) {
    return "mac";
  }
  return rest == drain + std::max(first_psum + psum, psum_in) ? "psum" : "ifmap";
}

std::int64_t load_clocks(std::int64_t words, const ArrayGeometry& array) {
  const std::int64_t unit = std::max<std::int64_t>(1, array.filter_load_values / array.filter_rate);
  return ceil_div(words, unit) * unit;
}

namespace {

/// Words of a pass's filter load: a stream (a filter set, a row of a chain) starts a new one.
std::int64_t filter_words(const ProcessingPass& pass, const ArrayGeometry& array) {
  const auto of_channels = [&](std::int64_t channels, std::int64_t filters) {
    return ceil_div(filters * channels * pass.S, array.filter_rate);
  };
  const auto of_filters = [&](std::int64_t filters) {
    return pass.channels / pass.q * of_channels(pass.q, filters) +
           of_channels(pass.channels % pass.q, filters);
  };
  return pass.R * (pass.filters / pass.p * of_filters(pass.p) + of_filters(pass.filters % pass.p));
}

/// When the last PE that interleaves q channels can be done with `macs` MACs of the first ofmap
/// column, counted from the first turn of the ifmap bus. It is in the last full channel set, at the
/// bottom of the chain column of the last of `rows` ifmap rows. It cannot start before its
/// first value, and not end before its last one: values come in groups of ifmap_rate channels, tap
/// by tap, channel sets and rows in turn, and those of the last group leave `after` MACs to do.
struct FirstColumn {
  std::int64_t first_value, last_value, before_last;

  FirstColumn(const ProcessingPass& pass, const LayerShape& layer, const ArrayGeometry& array,
              std::int64_t rows) {
    const std::int64_t all_rows = used_of(pass.e, pass.R, layer.U);
    const std::int64_t full_sets = pass.channels / pass.q;
    const bool ragged = pass.channels % pass.q > 0;
    const std::int64_t later_rows = all_rows - rows;
    first_value = full_sets * all_rows - later_rows;
    last_value = pass.S * all_rows * set_turns(pass.channels, pass.q, array.ifmap_rate) -
                 later_rows - (ragged ? all_rows : 0);
    before_last = (pass.q * pass.S - ((pass.q - 1) % array.ifmap_rate + 1)) * pass.p;
  }
  /// The part of that time its MACs do not fill.
  [[nodiscard]] std::int64_t idle() const {
    return std::max(first_value, last_value - before_last);
  }
};

}  // namespace

PassBound pass_bound(const ProcessingPass& pass, const LayerShape& layer,
                     const ArrayGeometry& array) {
  const std::int64_t columns = pass.images * pass.F;
  const std::int64_t rows = used_of(pass.e, pass.R, layer.U);
  const std::int64_t first_width = place(pass, array).segment_width;
  const FirstColumn last_pe{pass, layer, array, rows};
  const FirstColumn first_chain{pass, layer, array, used_of(first_width, pass.R, layer.U)};
  const std::int64_t column = pass.p * pass.q * pass.S;
  return {
      .fill = load_clocks(filter_words(pass, array), array),
      .window = last_pe.idle(),
      .mac = columns * column,
      .first_psum = first_chain.idle() + column - pass.p + std::min(pass.p, array.psum_out_rate) -
                    first_width,
      .psum = columns * pass.e * set_turns(pass.filters, pass.p, array.psum_out_rate),
      .psum_in = columns * pass.e * set_turns(pass.filters, pass.p, array.psum_in_rate) - kPeStages,
      .ifmap = pass.images * used_of(pass.F, pass.S, layer.V) * rows *
               set_turns(pass.channels, pass.q, array.ifmap_rate),
      .last_ifmap = pass.p,
      .drain = kClocksToMac + kPeStages + pass.channels / pass.q * pass.R};
}

}  // namespace turnpike::dataflow::row_stationary
