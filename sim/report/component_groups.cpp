#include "sim/report/component_groups.hpp"

namespace turnpike::report {

const std::vector<ComponentGroup>& component_groups() {
  using enum Component;
  static const std::vector<ComponentGroup> groups = {
      {"MAC", {mac}},
      {"ifmap spad", {ifmap_spad}},
      {"filter spad", {filter_spad}},
      {"psum spad", {psum_spad}},
      {"PE control", {pe_control}},
      {"PE links", {pe_link}},
      {"NoC + FIFOs", {noc, pe_fifo}},
      {"GLB", {glb, glb_filter}},
      {"post-processing", {post, rlc, controller}},
      {"clock", {clock}},
      {"leakage", {leakage}},
      {"DRAM", {dram}},
  };
  return groups;
}

}  // namespace turnpike::report
