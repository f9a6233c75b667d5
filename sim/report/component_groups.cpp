#include "sim/report/component_groups.hpp"

namespace turnpike::report {

const std::vector<ComponentGroup>& component_groups() {
  using C = Component;
  static const std::vector<ComponentGroup> groups = {
      {"MAC", {C::mac}},
      {"ifmap spad", {C::ifmap_spad}},
      {"filter spad", {C::filter_spad}},
      {"psum spad", {C::psum_spad}},
      {"PE control", {C::pe_control}},
      {"PE links", {C::pe_link}},
      {"NoC + FIFOs", {C::noc, C::pe_fifo}},
      {"GLB", {C::glb, C::glb_filter}},
      {"post-processing", {C::post, C::rlc, C::controller}},
      {"clock", {C::clock}},
      {"leakage", {C::leakage}},
      {"DRAM", {C::dram}},
  };
  return groups;
}

}  // namespace turnpike::report
