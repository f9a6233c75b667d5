#include "memory/global_buffer.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace turnpike::memory {
namespace {

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

std::size_t index(GlbType type) {
  return static_cast<std::size_t>(type);
}

}  // namespace

std::int64_t GlbShape::lines_for(std::int64_t values, int bits) const {
  ensure(values >= 0 && bits > 0, "a block has values of at least a bit");
  // values * bits fits: a block of 2^40 values of 64 bits is far beyond any buffer.
  return memory::lines_for(values, bits, line);
}

Bits GlbShape::packing_loss(std::int64_t values, int bits) const {
  const auto held = static_cast<std::uint64_t>(lines_for(values, bits));
  return Bits{held * line_bits().count() - static_cast<std::uint64_t>(values * bits)};
}

GlbShape glb_shape(const config::GlbConfig& glb, int width_bits, const SourceSpot& spot) {
  ensure(width_bits > 0, "a buffer's values have bits");
  config::require_whole_lines(glb, width_bits, spot);
  return {.banks = static_cast<int>(glb.banks),
          .lines_per_bank = glb.lines_per_bank(width_bits),
          .line = {glb.line, glb.line_values, glb.line_bits(width_bits)},
          .allocation = glb.allocation};
}

GlobalBuffer::GlobalBuffer(const GlbShape& shape) : shape_{shape} {
  ensure(shape.banks > 0 && shape.lines_per_bank > 0 && shape.line_bits().count() > 0,
         "a buffer has banks, lines and bits");
  reset();
}

void GlobalBuffer::reset() {
  bank_taken_.assign(static_cast<std::size_t>(shape_.banks), false);
  live_.clear();
  used_ = 0;
  used_by_type_ = {};
}

std::int64_t GlobalBuffer::reserved_for(std::int64_t lines) const {
  return shape_.allocation == config::AllocationUnit::line
             ? lines
             : divide_up(lines, shape_.lines_per_bank) * shape_.lines_per_bank;
}

std::vector<int> GlobalBuffer::take_banks(std::int64_t banks) {
  std::vector<int> taken;
  for (int bank = 0; bank < shape_.banks && static_cast<std::int64_t>(taken.size()) < banks;
       ++bank) {
    if (!bank_taken_[static_cast<std::size_t>(bank)]) {
      bank_taken_[static_cast<std::size_t>(bank)] = true;
      taken.push_back(bank);
    }
  }
  return taken;
}

std::optional<GlbAllocation> GlobalBuffer::allocate(GlbType type, std::int64_t lines) {
  ensure(lines >= 0, "an allocation is not negative");
  if (!fits(lines)) {
    return std::nullopt;
  }
  GlbAllocation allocation{
      .handle = next_++, .type = type, .lines = lines, .reserved = reserved_for(lines)};
  if (shape_.allocation == config::AllocationUnit::bank) {
    allocation.banks = take_banks(allocation.reserved / shape_.lines_per_bank);
  } else {
    allocation.banks.resize(static_cast<std::size_t>(
        std::min<std::int64_t>(shape_.banks, std::max<std::int64_t>(lines, 1))));
    std::iota(allocation.banks.begin(), allocation.banks.end(), 0);
  }
  used_ += allocation.reserved;
  used_by_type_[index(type)] += allocation.reserved;
  live_.emplace(allocation.handle, allocation);
  return allocation;
}

void GlobalBuffer::free(GlbHandle handle) {
  const auto found = live_.find(handle);
  ensure(found != live_.end(), "a buffer allocation is freed once");
  const GlbAllocation& allocation = found->second;
  if (shape_.allocation == config::AllocationUnit::bank) {
    for (const int bank : allocation.banks) {
      bank_taken_[static_cast<std::size_t>(bank)] = false;
    }
  }
  used_ -= allocation.reserved;
  used_by_type_[index(allocation.type)] -= allocation.reserved;
  live_.erase(found);
}

std::int64_t GlobalBuffer::used_lines(GlbType type) const {
  return used_by_type_[index(type)];
}

}  // namespace turnpike::memory
