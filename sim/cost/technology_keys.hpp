#pragma once

#include <array>

#include "sim/base/range.hpp"

/// What the keys of a technology.yaml may be: for its reader and for `config schema technology`.
namespace turnpike::cost::technology_keys {

inline constexpr const char* kSchema = "turnpike-technology/1";
inline constexpr Range kNodeNm{1.0, 1000.0};    ///< node_nm, nm
inline constexpr Range kVoltage{0.1, 10.0};     ///< voltage, V
inline constexpr Range kScaling{1e-3, 1000.0};  ///< each factor of `scaling`

/// Constants that a technology without a base must have.
inline constexpr std::array<const char*, 7> kConstants = {
    "um2_per_nand2",    "logic_utilization",       "wire_pj_per_bit_mm", "pe_pitch_mm",
    "controller_nand2", "controller_pj_per_cycle", "logic_leakage_scale"};
/// Absent in older files, with what they mean.
struct OptionalConstant {
  const char* name;
  const char* absent;
  const char* meaning;
};
inline constexpr const char* kAreaMeaning =
    "factor on the tables' area; its range is that of bands";
inline constexpr std::array<OptionalConstant, 4> kOptional = {{
    {"highest_clock_mhz", "the base's, or unknown",
     "clock the tables' logic was synthesised for; above it a run is flagged"},
    {"mac_area", "the base's, or 1", kAreaMeaning},
    {"filter_spad_area", "the base's, or 1", kAreaMeaning},
    {"buffer_area", "the base's, or 1", kAreaMeaning},
}};

}  // namespace turnpike::cost::technology_keys
