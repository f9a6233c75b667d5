#pragma once

#include <array>
#include <cstdint>

#include "dataflow/row_stationary/mapping.hpp"

/// The AlexNet layers the Eyeriss chip was measured on, batch 4, with its mappings: Chen et al.,
/// IEEE JSSC 52(1) 2017, tables III-V. CONV3's mapping is CONV4's: the printed q4 r1 t4 does not
/// explain the measured buffer traffic.
namespace turnpike::dataflow::row_stationary::test {

struct ChipLayer {
  const char* name;
  LayerShape shape;
  Mapping mapping;
  std::int64_t active_pes;
  double ifmap_kib, psum_kib;  ///< buffer use, table III
  double glb_mib;              ///< buffer traffic, table V
  double dram_mb;              ///< DRAM traffic in 10^6 bytes, run-length coded
};

inline const std::array<ChipLayer, 5>& alexnet() {
  static const Mapping late{.m = 64, .n = 4, .e = 13, .p = 16, .q = 3, .r = 2, .t = 2};
  static const std::array<ChipLayer, 5> layers{{
      {"CONV1",
       {.N = 4, .G = 1, .M = 96, .C = 3, .H = 227, .W = 227, .R = 11, .S = 11, .U = 4, .V = 4},
       {.m = 96, .n = 1, .e = 7, .p = 16, .q = 1, .r = 1, .t = 2},
       154,
       15.5,
       72.2,
       18.5,
       5.0},
      {"CONV2",
       {.N = 4, .G = 2, .M = 128, .C = 48, .H = 31, .W = 31, .R = 5, .S = 5},
       {.m = 64, .n = 1, .e = 27, .p = 16, .q = 2, .r = 1, .t = 1},
       135,
       3.8,
       91.1,
       77.6,
       4.0},
      {"CONV3",
       {.N = 4, .G = 1, .M = 384, .C = 256, .H = 15, .W = 15, .R = 3, .S = 3},
       late,
       156,
       10.5,
       84.5,
       50.2,
       3.0},
      {"CONV4",
       {.N = 4, .G = 2, .M = 192, .C = 192, .H = 15, .W = 15, .R = 3, .S = 3},
       late,
       156,
       10.5,
       84.5,
       37.4,
       2.1},
      {"CONV5",
       {.N = 4, .G = 2, .M = 128, .C = 192, .H = 15, .W = 15, .R = 3, .S = 3},
       late,
       156,
       10.5,
       84.5,
       24.9,
       1.3},
  }};
  return layers;
}

/// The chip's buffer: 25 banks of 512 lines of 64 bits, 16-bit values.
inline BufferBudget chip_buffer() {
  return {.bits = std::int64_t{25} * 32768, .bank_bits = 32768};
}

}  // namespace turnpike::dataflow::row_stationary::test
