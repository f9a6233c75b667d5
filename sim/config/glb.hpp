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

/// What a line of the buffers is in a machine narrower than 16 bit.
enum class LinePolicy {
  values,  ///< as many values of the machine's width as at 16 bit: a narrower line
  bits,    ///< as many bits as at 16 bit, dense with values of any width
};
template <>
struct ChoiceNames<LinePolicy> {
  static constexpr std::array<std::string_view, 2> names = {"values", "bits"};
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
  LinePolicy line = LinePolicy::values;

  /// Lines of a bank in a machine of this operand width; whole lines, what is left of a bank is not
  /// built.
  [[nodiscard]] std::int64_t lines_per_bank(int width) const {
    const std::int64_t at_16_bit = bytes_at_16_bit / (2 * line_values * banks);
    return line == LinePolicy::values ? at_16_bit : at_16_bit * width / 16;
  }
  /// Bits of the global buffer in a machine of this operand width.
  [[nodiscard]] std::int64_t bits(int width) const {
    return line == LinePolicy::values ? bytes_at_16_bit * 8 * width / 16
                                      : banks * lines_per_bank(width) * line_bits(width);
  }
  [[nodiscard]] std::int64_t filter_bits(int width) const {
    return filter_bytes_at_16_bit * 8 * width / 16;
  }
  [[nodiscard]] int line_bits(int width) const {
    return static_cast<int>(line_values) * (line == LinePolicy::values ? width : 16);
  }
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
                                           .meaning = "values a line holds at 16 bit"}),
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
        {.name = "allocation", .meaning = "whether a bank may hold more than one kind of data"}),
    key::choice<&GlbConfig::line>(
        {.name = "line",
         .meaning = "a line of a narrower machine: as many values as at 16 bit, or as many bits"})};

/// The bytes are whole lines in every bank.
void check(const GlbConfig& glb, const ConfigMap& map);

/// The same for a machine of this operand width, whose banks must have a line. InputError at
/// `spot`.
void require_whole_lines(const GlbConfig& glb, int width, const SourceSpot& spot);

}  // namespace turnpike::config
