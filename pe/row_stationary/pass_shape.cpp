#include "pe/row_stationary/pass_shape.hpp"

#include <algorithm>

#include "sim/base/error.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::pe::row_stationary {
PassShape pass_shape(const ProcessingPass& pass, const LayerShape& layer,
                     const PassShape& machine) {
  PassShape s = machine;
  s.R = narrow(pass.R);
  s.S = narrow(pass.S);
  s.U = narrow(layer.U);
  s.V = narrow(layer.V);
  s.p = narrow(pass.p);
  s.t = narrow(pass.t);
  s.filters = narrow(pass.filters);
  s.q = narrow(pass.q);
  s.r = narrow(pass.r);
  s.channels = narrow(pass.channels);
  s.e = narrow(pass.e);
  s.F = narrow(pass.F);
  s.n = narrow(pass.images);
  return s;
}

ArrayPass array_pass(const ProcessingPass& pass, const LayerShape& layer,
                     const PassShape& machine) {
  return {key_of(pass_shape(pass, layer, machine)),
          {.group = pass.group,
           .image = pass.image0,
           .filter = pass.filter0,
           .channel = pass.channel0,
           .row = pass.row0,
           .column = pass.column0,
           .kernel_row = pass.kernel_row0,
           .kernel_column = pass.kernel_column0}};
}

ProcessingPass processing_pass(const ArrayPass& pass) {
  const auto s = shape_of<PassShape>(pass.key);
  return {.group = pass.at.group,
          .image0 = pass.at.image,
          .images = s.n,
          .filter0 = pass.at.filter,
          .filters = s.filters,
          .p = s.p,
          .t = s.t,
          .channel0 = pass.at.channel,
          .channels = s.channels,
          .q = s.q,
          .r = s.r,
          .row0 = pass.at.row,
          .e = s.e,
          .column0 = pass.at.column,
          .F = s.F,
          .kernel_row0 = pass.at.kernel_row,
          .R = s.R,
          .kernel_column0 = pass.at.kernel_column,
          .S = s.S};
}

std::int32_t PassShape::filters_of(std::int32_t tg) const {
  return std::clamp(filters - tg * p, 0, p);
}

std::int32_t PassShape::channels_of(std::int32_t rg) const {
  return std::clamp(channels - rg * q, 0, q);
}

std::vector<Chain> place_chains(const PassShape& shape) {
  const dataflow::row_stationary::Placement placement = dataflow::row_stationary::place(
      {shape.R, shape.e, shape.r, shape.t}, shape.rows, shape.columns);
  ensure(placement.fits(), "the PE sets of a pass fit the array");
  const std::int32_t segments = narrow(placement.segments);
  const std::int32_t width = narrow(placement.segment_width);
  const std::int32_t height = narrow(placement.chain_rows);
  const std::int32_t across = narrow(placement.slots_across);
  std::vector<Chain> chains;
  for (std::int32_t tg = 0; tg < shape.t; ++tg) {
    for (std::int32_t segment = 0; segment < segments; ++segment) {
      const auto slot = static_cast<std::int32_t>(chains.size());
      const std::int32_t first = segment * width;
      chains.push_back({tg, first, std::min(width, shape.e - first), (slot / across) * height,
                        (slot % across) * width});
    }
  }
  return chains;
}

}  // namespace turnpike::pe::row_stationary
