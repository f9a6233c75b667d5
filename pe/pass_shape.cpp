#include "pe/pass_shape.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace turnpike::pe {
namespace {

std::int32_t narrow(std::int64_t value) {
  return static_cast<std::int32_t>(value);
}

}  // namespace

PassShape pass_shape(const dataflow::ProcessingPass& pass, const LayerShape& layer,
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

std::int32_t PassShape::filters_of(std::int32_t tg) const {
  return std::clamp(filters - tg * p, 0, p);
}

std::int32_t PassShape::channels_of(std::int32_t rg) const {
  return std::clamp(channels - rg * q, 0, q);
}

std::vector<Chain> place_chains(const PassShape& shape) {
  const dataflow::Placement placement =
      dataflow::place({shape.R, shape.e, shape.r, shape.t}, shape.rows, shape.columns);
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

}  // namespace turnpike::pe
