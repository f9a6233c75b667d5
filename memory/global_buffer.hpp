#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/base/quantity.hpp"
#include "sim/config/glb.hpp"

namespace turnpike::memory {

/// What a part of the global buffer holds. Filters have a buffer of their own.
enum class GlbType { ifmap, psum, feature_map, highway };
inline constexpr int kGlbTypes = 4;

/// Lines that hold `values` of `bits` each: groups of `line_values` values start on a line and take
/// max(1, ceil(line_values * bits / line_bits)) of them. So a value narrower than the machine takes
/// a slot of its own, a wider one is spread over whole lines. Allocation, ports and access counts
/// all go by this rule.
struct LineShape {
  std::int64_t values = 0;  ///< of a line
  std::int64_t bits = 0;    ///< of a line
};
[[nodiscard]] constexpr std::int64_t lines_for(std::int64_t values, int bits,
                                               const LineShape& line) {
  const auto up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  return up(values, line.values) * up(line.values * bits, line.bits);
}

/// Sizes and ports of a buffer. A line is line_values operands of the machine's width and the unit
/// of access: each bank takes one access a clock.
struct GlbShape {
  int banks = 0;
  std::int64_t lines_per_bank = 0;
  int line_values = 0;
  int width_bits = 0;  ///< the machine's operand
  config::AllocationUnit allocation = config::AllocationUnit::line;

  [[nodiscard]] std::int64_t lines() const { return banks * lines_per_bank; }
  [[nodiscard]] Bits line_bits() const {
    return Bits{static_cast<std::uint64_t>(line_values) * static_cast<std::uint64_t>(width_bits)};
  }
  [[nodiscard]] Bits capacity() const {
    return Bits{line_bits().count() * static_cast<std::uint64_t>(lines())};
  }
  /// Whole lines that hold `values` of `bits` each.
  [[nodiscard]] std::int64_t lines_for(std::int64_t values, int bits) const;
  /// Bits of those lines no value uses.
  [[nodiscard]] Bits packing_loss(std::int64_t values, int bits) const;
};

/// The buffer of a configuration in a machine of `width_bits`: the same number of lines and values
/// as at 16 bits, narrower. InputError at `spot` unless the bytes are whole lines in every bank.
[[nodiscard]] GlbShape glb_shape(const config::GlbConfig& glb, int width_bits,
                                 const SourceSpot& spot);

using GlbHandle = std::uint64_t;

/// A part of the buffer. Line i of it lies in bank banks[i mod banks.size()], so that successive
/// accesses go round its banks.
struct GlbAllocation {
  GlbHandle handle = 0;
  GlbType type = GlbType::ifmap;
  std::int64_t lines = 0;     ///< asked for
  std::int64_t reserved = 0;  ///< taken: whole banks under AllocationUnit::bank
  std::vector<int> banks{};   ///< sorted
};

/// The global buffer's space: who holds which banks or lines.
///
/// No data and no time: accesses are counted by those who make them, clocks lost to shared banks by
/// bank_conflicts.hpp. Sources: Chen et al., JSSC 52(1), 2017 (banks of one type); the latency
/// and ports of larger buffers follow the CACTI tables (one access a clock, two clocks' latency).
class GlobalBuffer {
 public:
  explicit GlobalBuffer(const GlbShape& shape);

  [[nodiscard]] const GlbShape& shape() const { return shape_; }

  /// Empty if there is no room: that is an answer ("spill"), not an error.
  [[nodiscard]] std::optional<GlbAllocation> allocate(GlbType type, std::int64_t lines);
  /// Would allocate() succeed?
  [[nodiscard]] bool fits(std::int64_t lines) const { return reserved_for(lines) <= free_lines(); }
  /// InternalError unless the handle is alive.
  void free(GlbHandle handle);
  /// Frees everything.
  void reset();

  [[nodiscard]] std::int64_t free_lines() const { return shape_.lines() - used_; }
  /// Lines reserved now.
  [[nodiscard]] std::int64_t used_lines() const { return used_; }
  [[nodiscard]] std::int64_t used_lines(GlbType type) const;

 private:
  [[nodiscard]] std::int64_t reserved_for(std::int64_t lines) const;
  [[nodiscard]] std::vector<int> take_banks(std::int64_t banks);

  GlbShape shape_;
  std::vector<bool> bank_taken_;  ///< under AllocationUnit::bank
  std::map<GlbHandle, GlbAllocation> live_;
  GlbHandle next_ = 1;
  std::int64_t used_ = 0;
  std::array<std::int64_t, kGlbTypes> used_by_type_{};
};

}  // namespace turnpike::memory
