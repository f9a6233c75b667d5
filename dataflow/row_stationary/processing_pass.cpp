#include "dataflow/row_stationary/processing_pass.hpp"

#include <algorithm>

#include "dataflow/extent.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

struct Piece {
  std::int64_t begin, size;
};

std::vector<Piece> pieces_of(std::int64_t extent, std::int64_t size) {
  std::vector<Piece> pieces;
  for (std::int64_t begin = 0; begin < extent; begin += size) {
    pieces.push_back({begin, std::min(size, extent - begin)});
  }
  return pieces;
}

/// True if both work on the same ifmap values.
bool same_ifmap_tile(const ProcessingPass& a, const ProcessingPass& b) {
  return a.group == b.group && a.image0 == b.image0 && a.channel0 == b.channel0 &&
         a.row0 == b.row0 && a.column0 == b.column0 && a.kernel_row0 == b.kernel_row0 &&
         a.kernel_column0 == b.kernel_column0;
}

/// The loop nest of a layer, a method a level.
class PassLoops {
 public:
  PassLoops(const LayerShape& layer, const Mapping& mapping, const ArrayGeometry& array,
            const std::function<void(const ProcessingPass&)>& visit)
      : layer_{layer},
        mapping_{mapping},
        array_{array},
        visit_{visit},
        filters_{pieces_of(layer.M, mapping.m)},
        images_{pieces_of(layer.N, mapping.n)},
        strips_{pieces_of(layer.E(), mapping.e)},
        tiles_{pieces_of(layer.F(), tile_columns(layer, mapping))},
        channels_{pieces_of(layer.C, mapping.q * mapping.r)},
        kernel_rows_{pieces_of(layer.R, largest_kernel_part(layer, array).rows)},
        kernel_columns_{pieces_of(layer.S, largest_kernel_part(layer, array).columns)} {}

  void visit_group(std::int64_t group) {
    pass_.group = group;
    for (const Piece& filters : filters_) {
      for (const Piece& images : images_) {
        pass_.image0 = images.begin;
        pass_.images = images.size;
        for (const Piece& strip : strips_) {
          pass_.row0 = strip.begin;
          pass_.e = strip.size;
          for (const Piece& tile : tiles_) {
            pass_.column0 = tile.begin;
            pass_.F = tile.size;
            visit_channels(filters);
          }
        }
      }
    }
  }

 private:
  void visit_channels(const Piece& filters) {
    for (const Piece& channels : channels_) {
      pass_.channel0 = channels.begin;
      pass_.channels = channels.size;
      pass_.r = std::min(mapping_.r, ceil_div(channels.size, mapping_.q));
      pass_.q = ceil_div(channels.size, pass_.r);
      for (const Piece& rows : kernel_rows_) {
        pass_.kernel_row0 = rows.begin;
        pass_.R = rows.size;
        for (const Piece& columns : kernel_columns_) {
          pass_.kernel_column0 = columns.begin;
          pass_.S = columns.size;
          pass_.first_accumulation = channels.begin == 0 && rows.begin == 0 && columns.begin == 0;
          pass_.last_accumulation = &channels == &channels_.back() &&
                                    &rows == &kernel_rows_.back() &&
                                    &columns == &kernel_columns_.back();
          visit_filters(filters);
        }
      }
    }
  }

  void visit_filters(const Piece& filters) {
    const std::int64_t block = mapping_.p * mapping_.t;
    for (std::int64_t done = 0; done < filters.size; done += block) {
      pass_.filter0 = filters.begin + done;
      pass_.filters = std::min(block, filters.size - done);
      const FilterSets sets = filter_sets(pass_.filters, pass_.e, layer_, mapping_, array_);
      pass_.t = sets.t;
      pass_.p = sets.p;
      pass_.ends_tile = pass_.last_accumulation && done + block >= filters.size;
      pass_.new_ifmap_tile = first_ || !same_ifmap_tile(pass_, previous_);
      first_ = false;
      previous_ = pass_;
      visit_(pass_);
    }
  }

  const LayerShape& layer_;
  const Mapping& mapping_;
  const ArrayGeometry& array_;
  const std::function<void(const ProcessingPass&)>& visit_;
  std::vector<Piece> filters_, images_, strips_, tiles_, channels_, kernel_rows_, kernel_columns_;
  ProcessingPass pass_;
  ProcessingPass previous_;
  bool first_ = true;
};

}  // namespace

Placement place(const ProcessingPass& pass, const ArrayGeometry& array) {
  return place({pass.R, pass.e, pass.r, pass.t}, array.rows, array.columns);
}

std::int64_t active_pes(const ProcessingPass& pass) {
  return pass.R * pass.e * pass.r * pass.t;
}

std::int64_t filter_values(const ProcessingPass& pass) {
  return pass.filters * pass.channels * pass.R * pass.S;
}

std::int64_t ifmap_values_sent(const ProcessingPass& pass, const LayerShape& layer) {
  return pass.images * pass.channels * used_of(pass.e, pass.R, layer.U) *
         used_of(pass.F, pass.S, layer.V);
}

std::int64_t ifmap_tile_values(const ProcessingPass& pass, const LayerShape& layer) {
  return pass.images * pass.channels * used_of(pass.e, pass.R, layer.U) *
         span_of(pass.F, pass.S, layer.V);
}

void for_each_pass(const LayerShape& layer, const Mapping& mapping, const ArrayGeometry& array,
                   const std::function<void(const ProcessingPass&)>& visit) {
  PassLoops loops{layer, mapping, array, visit};
  for (std::int64_t group = 0; group < layer.G; ++group) {
    loops.visit_group(group);
  }
}

}  // namespace turnpike::dataflow::row_stationary
