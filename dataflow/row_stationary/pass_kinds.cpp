#include "dataflow/row_stationary/pass_kinds.hpp"

#include <algorithm>

#include "dataflow/extent.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

/// Filter blocks of one size; `new_tile` if they are the first to meet their ifmap tile.
struct FilterBlocks {
  std::int64_t filters, count;
  bool new_tile;
};

/// Blocks of all m groups of a group. The first block of an m group meets a new tile, except that a
/// group's only tile stays from one m group to the next.
std::vector<FilterBlocks> filter_blocks(const LayerShape& layer, const Mapping& mapping,
                                        bool only_tile) {
  std::vector<FilterBlocks> blocks;
  const Cut groups{layer.M, mapping.m};
  bool first_group = true;
  groups.for_each_size([&](std::int64_t filters, std::int64_t count) {
    const std::int64_t with_new_tile = !only_tile ? count : (first_group ? 1 : 0);
    first_group = false;
    const std::int64_t block = mapping.p * mapping.t;
    const std::int64_t first = std::min(filters, block);
    blocks.push_back({first, with_new_tile, true});
    blocks.push_back({first, count - with_new_tile, false});
    if (filters > block) {
      const Cut others{filters - block, block};
      others.for_each_size([&blocks, count](std::int64_t size, std::int64_t pieces) {
        blocks.push_back({size, pieces * count, false});
      });
    }
  });
  std::erase_if(blocks, [](const FilterBlocks& b) { return b.count == 0; });
  return blocks;
}

/// Copies each kind of `kinds` for each size of `cut`, `set` writing the size into the pass.
template <class Set>
void multiply(std::vector<PassKind>& kinds, const Cut& cut, const Set& set) {
  const std::size_t before = kinds.size();
  const bool ragged = cut.full > 0 && cut.rest > 0;
  for (std::size_t i = 0; i < before; ++i) {
    if (ragged) {
      PassKind rest = kinds[i];
      set(rest.pass, cut.rest);
      kinds.push_back(rest);
    }
    kinds[i].count *= cut.full > 0 ? cut.full : 1;
    set(kinds[i].pass, cut.full > 0 ? cut.size : cut.rest);
  }
}

}  // namespace

std::vector<PassKind> pass_kinds(const LayerShape& layer, const Mapping& mapping,
                                 const ArrayGeometry& array) {
  const KernelPart part = largest_kernel_part(layer, array);
  const Cut images{layer.N, mapping.n};
  const Cut strips{layer.E(), mapping.e};
  const Cut tiles{layer.F(), tile_columns(layer, mapping)};
  const Cut channels{layer.C, mapping.q * mapping.r};
  const Cut rows{layer.R, part.rows};
  const Cut columns{layer.S, part.columns};
  const bool only_tile = images.pieces() * strips.pieces() * tiles.pieces() * channels.pieces() *
                             rows.pieces() * columns.pieces() ==
                         1;
  std::vector<PassKind> kinds;
  kinds.reserve(16);
  for (const FilterBlocks& blocks : filter_blocks(layer, mapping, only_tile)) {
    PassKind kind{.pass = {.filters = blocks.filters, .new_ifmap_tile = blocks.new_tile},
                  .count = blocks.count * layer.G};
    kinds.push_back(kind);
  }
  multiply(kinds, channels, [&mapping](ProcessingPass& pass, std::int64_t size) {
    pass.channels = size;
    pass.r = std::min(mapping.r, ceil_div(size, mapping.q));
    pass.q = ceil_div(size, pass.r);
  });
  multiply(kinds, images, [](ProcessingPass& pass, std::int64_t size) { pass.images = size; });
  multiply(kinds, strips, [&](ProcessingPass& pass, std::int64_t size) {
    const FilterSets sets = filter_sets(pass.filters, size, layer, mapping, array);
    pass.e = size;
    pass.p = sets.p;
    pass.t = sets.t;
  });
  multiply(kinds, tiles, [](ProcessingPass& pass, std::int64_t size) { pass.F = size; });
  multiply(kinds, rows, [](ProcessingPass& pass, std::int64_t size) { pass.R = size; });
  multiply(kinds, columns, [](ProcessingPass& pass, std::int64_t size) { pass.S = size; });
  return kinds;
}

}  // namespace turnpike::dataflow::row_stationary
