#include "sim/report/component_groups.hpp"

namespace turnpike::report {

// Colours: Paul Tol, "Colour schemes" (SRON/EPS/TN/09-002, 2021), told apart with any colour vision
// where the pattern is the same.
const std::vector<ComponentGroup>& component_groups() {
  using C = Component;
  static const std::vector<ComponentGroup> groups = {
      {"MAC", {C::mac}, "#332288", "plain"},
      {"ifmap spad", {C::ifmap_spad}, "#88ccee", "plain"},
      {"filter spad", {C::filter_spad}, "#6699cc", "rising"},
      {"psum spad", {C::psum_spad}, "#004488", "falling"},
      {"PE control", {C::pe_control}, "#999933", "upright"},
      {"PE links", {C::pe_link}, "#44aa99", "level"},
      {"NoC + FIFOs", {C::noc, C::pe_fifo}, "#117733", "crossed"},
      {"GLB", {C::glb, C::glb_filter}, "#ddaa33", "plain", "buffer"},
      {"post-processing", {C::post, C::rlc, C::controller}, "#cc6677", "rising"},
      {"clock", {C::clock}, "#aa4499", "level"},
      {"leakage", {C::leakage}, "#bbbbbb", "dotted"},
      {"DRAM", {C::dram}, "#882255", "plain", {}, "DRAM standby"},
  };
  return groups;
}

}  // namespace turnpike::report
