#pragma once

#include <cstdint>
#include <iterator>

#include "pe/row_stationary/pass_shape.hpp"

namespace turnpike::pe::row_stationary::test {

/// Every field of PassShape by name.
struct Field {
  const char* name;
  std::int32_t PassShape::*member;
};

inline constexpr Field kFields[] = {
    {"R", &PassShape::R},
    {"S", &PassShape::S},
    {"U", &PassShape::U},
    {"V", &PassShape::V},
    {"p", &PassShape::p},
    {"t", &PassShape::t},
    {"filters", &PassShape::filters},
    {"q", &PassShape::q},
    {"r", &PassShape::r},
    {"channels", &PassShape::channels},
    {"e", &PassShape::e},
    {"F", &PassShape::F},
    {"n", &PassShape::n},
    {"follows", &PassShape::follows},
    {"leads", &PassShape::leads},
    {"rows", &PassShape::rows},
    {"columns", &PassShape::columns},
    {"ifmap_spad", &PassShape::ifmap_spad},
    {"psum_spad", &PassShape::psum_spad},
    {"filter_rate", &PassShape::filter_rate},
    {"ifmap_rate", &PassShape::ifmap_rate},
    {"psum_in_rate", &PassShape::psum_in_rate},
    {"psum_out_rate", &PassShape::psum_out_rate},
    {"fifo_depth", &PassShape::fifo_depth},
    {"buffer_latency", &PassShape::buffer_latency},
    {"filter_load_unit", &PassShape::filter_load_unit},
};
static_assert(sizeof(PassShape) == std::size(kFields) * sizeof(std::int32_t),
              "a field of PassShape is missing in this list");

}  // namespace turnpike::pe::row_stationary::test
