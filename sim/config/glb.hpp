#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/base/error.hpp"
#include "sim/config/choice.hpp"
#include "sim/config/key.hpp"

namespace turnpike::config {

/// What of the global buffer is given to one kind of data.
enum class AllocationUnit {
  line,  ///< any lines of all banks
  bank,  ///< whole banks, a bank holds one type (the Eyeriss chip: 25 banks of 4 KB)
};
template <>
struct ChoiceNames<AllocationUnit> {
  static constexpr std::array<std::string_view, 2> names = {"line", "bank"};
};

/// `glb`: the global buffer and the filter buffer beside it. Bytes are those at 16 bit; they scale
/// with the wider operand of the machine.
struct GlbConfig {
  std::int64_t bytes_at_16_bit = 0;
  std::int64_t banks = 1;
  std::int64_t line_values = 4;
  std::int64_t latency_cycles = 2;
  std::int64_t filter_bytes_at_16_bit = 8192;
  AllocationUnit allocation = AllocationUnit::line;

  /// Bits of the global buffer in a machine of this operand width.
  [[nodiscard]] std::int64_t bits(int width) const { return bytes_at_16_bit * 8 * width / 16; }
  [[nodiscard]] std::int64_t filter_bits(int width) const {
    return filter_bytes_at_16_bit * 8 * width / 16;
  }
  [[nodiscard]] int line_bits(int width) const { return static_cast<int>(line_values) * width; }
  friend bool operator==(const GlbConfig&, const GlbConfig&) = default;
};

template <>
inline constexpr auto kKeys<GlbConfig> = std::array{
    key::integer<&GlbConfig::bytes_at_16_bit>(
        {.name = "bytes_at_16_bit",
         .low = 1,
         .high = 1 << 26,
         .allowed = "whole lines in every bank, at most 2^26",
         .required = true,
         .meaning = "global buffer",
         .unit = "bytes at 16 bit",
         .more = "scales with the precision, and is priced to 4 MB after that"}),
    key::integer<&GlbConfig::banks>({.name = "banks",
                                     .low = 1,
                                     .high = 4096,
                                     .required = true,
                                     .meaning = "banks of the global buffer"}),
    key::integer<&GlbConfig::line_values>({.name = "line_values",
                                           .low = 1,
                                           .high = 64,
                                           .required = true,
                                           .meaning = "values a line holds"}),
    key::integer<&GlbConfig::latency_cycles>({.name = "latency_cycles",
                                              .low = 0,
                                              .high = 64,
                                              .meaning = "access latency",
                                              .unit = "cycles"}),
    key::integer<&GlbConfig::filter_bytes_at_16_bit>({.name = "filter_bytes_at_16_bit",
                                                      .low = 1,
                                                      .high = 1 << 26,
                                                      .meaning = "filter buffer",
                                                      .unit = "bytes at 16 bit",
                                                      .more = "priced as the global buffer is"}),
    key::choice<&GlbConfig::allocation>(
        {.name = "allocation", .meaning = "whether a bank may hold more than one kind of data"})};

/// The rule of lines_per_bank.
void check(const GlbConfig& glb, const ConfigMap& map);

/// Lines of a bank. InputError at `spot` unless the bytes are whole lines in every bank.
[[nodiscard]] std::int64_t lines_per_bank(const GlbConfig& glb, const SourceSpot& spot);

}  // namespace turnpike::config
