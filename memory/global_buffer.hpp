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

/// A line, the unit of access.
struct LineShape {
  config::LinePolicy policy = config::LinePolicy::values;
  std::int64_t values = 0;  ///< of a line at 16 bit
  std::int64_t bits = 0;    ///< of a line
};
/// So many values start on a line and take so many whole lines.
struct LineGroup {
  std::int64_t values = 0;
  std::int64_t lines = 0;
};
/// How values of `bits` each are packed. `values`: line.values of them take max(1, ceil(line.values
/// * bits / line.bits)) lines, so that one narrower than the machine takes a slot of its own, a
/// wider one is spread over whole lines. `bits`: as many as a line has room for, none over its end;
/// a value wider than a line takes whole ones. Allocation, ports and access counts all go by this.
[[nodiscard]] constexpr LineGroup group_of(int bits, const LineShape& line) {
  const auto up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  if (line.policy == config::LinePolicy::values) {
    return {line.values, up(line.values * bits, line.bits)};
  }
  return bits <= line.bits ? LineGroup{line.bits / bits, 1} : LineGroup{1, up(bits, line.bits)};
}
/// Lines that hold `values` of `bits` each.
[[nodiscard]] constexpr std::int64_t lines_for(std::int64_t values, int bits,
                                               const LineShape& line) {
  const LineGroup group = group_of(bits, line);
  return (values + group.values - 1) / group.values * group.lines;
}

/// Sizes and ports of a buffer: each bank takes one access a clock, of a line.
struct GlbShape {
  int banks = 0;
  std::int64_t lines_per_bank = 0;
  LineShape line;
  config::AllocationUnit allocation = config::AllocationUnit::line;

  [[nodiscard]] std::int64_t lines() const { return banks * lines_per_bank; }
  [[nodiscard]] Bits line_bits() const { return Bits{static_cast<std::uint64_t>(line.bits)}; }
  [[nodiscard]] Bits capacity() const {
    return Bits{line_bits().count() * static_cast<std::uint64_t>(lines())};
  }
  /// Whole lines that hold `values` of `bits` each.
  [[nodiscard]] std::int64_t lines_for(std::int64_t values, int bits) const;
  /// Bits of those lines no value uses.
  [[nodiscard]] Bits packing_loss(std::int64_t values, int bits) const;
};

/// The buffer of a configuration in a machine of `width_bits`: as many lines and values as at 16
/// bits, narrower, or lines as wide, fewer (config::LinePolicy). InputError at `spot` unless the
/// bytes are whole lines in every bank.
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
