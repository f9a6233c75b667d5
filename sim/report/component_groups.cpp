#include "sim/report/component_groups.hpp"

namespace turnpike::report {

// Colours: Paul Tol, "Colour schemes" (SRON/EPS/TN/09-002, 2021), told apart with any colour vision
// where the pattern is the same.
const std::vector<ComponentGroup>& component_groups() {
  using enum Component;
  static const std::vector<ComponentGroup> groups = {
      {"MAC", {mac}, "#332288", "plain"},
      {"ifmap spad", {ifmap_spad}, "#88ccee", "plain"},
      {"filter spad", {filter_spad}, "#6699cc", "rising"},
      {"psum spad", {psum_spad}, "#004488", "falling"},
      {"PE control", {pe_control}, "#999933", "upright"},
      {"PE links", {pe_link}, "#44aa99", "level"},
      {"NoC + FIFOs", {noc, pe_fifo}, "#117733", "crossed"},
      {"GLB", {glb, glb_filter}, "#ddaa33", "plain", "buffer"},
      {"post-processing", {post, rlc, controller}, "#cc6677", "rising"},
      {"clock", {clock}, "#aa4499", "level"},
      {"leakage", {leakage}, "#bbbbbb", "dotted"},
      {"DRAM", {dram}, "#882255", "plain", {}, "DRAM standby"},
  };
  return groups;
}

}  // namespace turnpike::report
